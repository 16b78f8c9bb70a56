#![cfg_attr(fuzzing, no_main)]
//! See [`kommo_voip_fuzz::live_messages`].

kommo_voip_fuzz::target!(live_messages);
