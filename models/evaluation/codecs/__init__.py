"""The codecs that are compared, and how their programs are run."""
