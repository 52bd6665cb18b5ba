"""The commands of the shell: a module per verb, a `Command` per noun."""
