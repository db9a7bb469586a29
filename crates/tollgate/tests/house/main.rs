//! The house in order: who uses whom, and documents in step with the code.

mod architecture;
