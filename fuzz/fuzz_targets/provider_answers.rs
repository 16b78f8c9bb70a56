#![cfg_attr(fuzzing, no_main)]
//! See [`kommo_voip_fuzz::provider_answers`].

kommo_voip_fuzz::target!(provider_answers);
