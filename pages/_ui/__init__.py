"""Interface pieces shared by the pages."""
