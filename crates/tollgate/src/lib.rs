//! The binary as a library: command line, configuration and wiring, so that tests start it in-process.
