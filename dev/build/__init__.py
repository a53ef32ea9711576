"""Turn this repository into what Lambda runs. Called by the Makefiles that `sam build` runs."""
