#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    tollgate_fuzz::acme::jws(input);
    tollgate_fuzz::acme::jws(&tollgate_fuzz::acme::flattened(input));
});
