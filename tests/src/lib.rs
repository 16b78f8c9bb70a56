//! Kommo VoIP.
