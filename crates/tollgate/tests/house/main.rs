//! The house in order: who uses whom, documents in step with the code, and the management listener as
//! the commands meet it.

mod architecture;
mod book;
mod management;
