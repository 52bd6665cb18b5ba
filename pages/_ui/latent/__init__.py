"""The views of the page `latent`."""
