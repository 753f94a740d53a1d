//! The return address of a letter: a signed name of its delivery, short enough for the part before the `@`, which has
//! 64 characters (RFC 5321, section 4.5.3.1.1) and may come back in capital letters.

use aws_lc_rs::constant_time;
use domain::{
    deliveries::{Outgoing, Tried},
    ids::{ContactPointId, MessageId},
};
use uuid::Uuid;

use super::{Purpose, Secrets};

/// What every name begins with.
const PREFIX: &str = "b-";
/// Digits of an identifier of 128 bits in base 36.
const ID: usize = 25;
/// Digits of a generation; what is beyond is the last one.
const GENERATION: usize = 1;
/// Bytes of the signature: whoever guesses is counted, and could only spoil one letter.
const SIGNED: usize = 6;
/// Digits of the signature.
const SIGNATURE: usize = 10;
/// Numbers are written in all digits and letters.
const BASE: u32 = 36;

/// Names the delivery of a letter to whoever sends it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BounceName(Tried);

impl BounceName {
    /// The name of a delivery; none for one-time codes, which have no delivery.
    pub fn of(item: &Outgoing) -> Option<Self> {
        let generation = item.generation.min(BASE - 1);
        let tried = Tried { message: item.message, contact_point: item.contact_point, generation };
        (!item.municipality.0.is_nil()).then_some(Self(tried))
    }

    /// The delivery it names.
    pub fn tried(&self) -> Tried {
        self.0
    }

    /// What stands before the `@`: 63 characters.
    pub fn local_part(&self, secrets: &Secrets) -> String {
        let Tried { message, contact_point, generation } = self.0;
        let name = [
            digits(message.0.as_u128(), ID),
            digits(contact_point.0.as_u128(), ID),
            digits(generation.into(), GENERATION),
        ];
        let name = name.concat();
        format!("{PREFIX}{name}{}", signature(secrets, &name))
    }

    /// The delivery that what stood before the `@` names, if we wrote it.
    pub fn read(local_part: &str, secrets: &Secrets) -> Option<Self> {
        let lower = local_part.to_ascii_lowercase();
        let (name, signed) = lower.strip_prefix(PREFIX)?.split_at_checked(2 * ID + GENERATION)?;
        let ours = signature(secrets, name);
        constant_time::verify_slices_are_equal(signed.as_bytes(), ours.as_bytes()).ok()?;
        let (message, rest) = name.split_at_checked(ID)?;
        let (contact_point, generation) = rest.split_at_checked(ID)?;
        let id = |text| u128::from_str_radix(text, BASE).ok().map(Uuid::from_u128);
        Some(Self(Tried {
            message: MessageId(id(message)?),
            contact_point: ContactPointId(id(contact_point)?),
            generation: u32::from_str_radix(generation, BASE).ok()?,
        }))
    }
}

fn signature(secrets: &Secrets, name: &str) -> String {
    let signed = secrets.sign(Purpose::Bounce, name.as_bytes());
    let number = signed.iter().take(SIGNED).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    digits(number, SIGNATURE)
}

/// A number in base 36, with zeros before it.
fn digits(mut number: u128, length: usize) -> String {
    let mut digits = Vec::with_capacity(length);
    for _ in 0..length {
        let digit = u32::try_from(number % u128::from(BASE)).unwrap_or_default();
        digits.extend(char::from_digit(digit, BASE));
        number /= u128::from(BASE);
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        Secrets::new("a secret for tests that is long enough").unwrap()
    }

    fn name(message: u128, contact_point: u128, generation: u32) -> BounceName {
        BounceName(Tried {
            message: MessageId(Uuid::from_u128(message)),
            contact_point: ContactPointId(Uuid::from_u128(contact_point)),
            generation,
        })
    }

    #[test]
    fn a_name_is_read_as_it_was_written_in_whatever_letters() {
        for name in [name(u128::MAX, 1, 35), name(7, u128::MAX, 0), name(1 << 100, 1 << 99, 3)] {
            let written = name.local_part(&secrets());
            assert_eq!(written.len(), 63);
            assert_eq!(BounceName::read(&written, &secrets()), Some(name));
            assert_eq!(BounceName::read(&written.to_uppercase(), &secrets()), Some(name));
        }
    }

    #[test]
    fn what_we_did_not_write_names_nothing() {
        let written = name(7, 8, 0).local_part(&secrets());
        let other = Secrets::new("another secret that is long enough too").unwrap();
        assert_eq!(BounceName::read(&written, &other), None);
        for place in 0..written.len() {
            let mut forged = written.clone().into_bytes();
            forged[place] = if forged[place] == b'1' { b'2' } else { b'1' };
            assert_eq!(BounceName::read(std::str::from_utf8(&forged).unwrap(), &secrets()), None, "{place}");
        }
        for short in ["", "b-", "b-äöü", &written[..40], &written[..62], &format!("{written}0")] {
            assert_eq!(BounceName::read(short, &secrets()), None, "{short}");
        }
    }
}
