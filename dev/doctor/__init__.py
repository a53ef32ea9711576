"""What `make doctor` looks at: whether a deployment is set up to do what it should."""
