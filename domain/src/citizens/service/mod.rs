//! Use cases of citizens and guests.

mod address;
mod codes;
mod devices;
mod me;
mod password;
mod sessions;
mod signed_in;
mod taking_back;

pub(crate) use address::tell;
pub use address::{ChangeLetter, ProvedAddress, change_address, request_change, told_of};
pub use codes::{NewCode, queue_code, request_code};
pub use devices::{devices, register_device, remove_device, test_device};
pub use me::{Changes, Profile, change, erase, profile};
pub use password::{
    PasswordAttempt, PasswordChange, PasswordSignIn, attempt_password, begin_password_change,
    begin_with_password, set_password,
};
pub use sessions::{SignIn, account_of, begin_as_guest, refresh, sign_in, sign_out, standing};
pub use signed_in::{sign_out_elsewhere, signed_in};
pub use taking_back::{look_at_change, take_back};

use super::Address;
use crate::{context::Locale, ids::AccountId};

/// Makes a letter to an address of an account; none where no way leads there.
pub type AccountLetter<'a> = &'a (dyn Fn(AccountId, Address, Locale) -> Option<NewCode> + Send + Sync);
