#![cfg_attr(fuzzing, no_main)]
//! See [`kommo_voip_fuzz::user_tokens`].

kommo_voip_fuzz::target!(user_tokens);
