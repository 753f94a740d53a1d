use proptest::prelude::*;

use super::*;

fn house(text: &str) -> House {
    House::parse(text).unwrap()
}

fn range(text: &str) -> HouseRange {
    HouseRange::parse(text).unwrap()
}

#[test]
fn houses_are_read_as_districts_write_them() {
    for (text, inside, outside) in [
        ("", vec!["1", "12a", "9999", "12-14"], vec![]),
        ("alle", vec!["1"], vec![]),
        ("2-8", vec!["2", "2a", "3", "8", "8a", "8 1/2", "4-6"], vec!["1", "9", "8-10", "1-2"]),
        ("2 – 8 gerade", vec!["2", "4b", "8"], vec!["3", "7a", "10"]),
        ("1-9 ungerade", vec!["1", "9a"], vec!["2", "8", "11"]),
        ("ungerade", vec!["1", "12999".get(2..).unwrap_or("999")], vec!["2", "2a"]),
        ("even", vec!["2", "12a"], vec!["1"]),
        ("12a", vec!["12a", "12 A"], vec!["12", "12b", "13"]),
        ("12", vec!["12"], vec!["12a", "11"]),
        ("12a-12d", vec!["12a", "12b", "12d"], vec!["12", "12e", "13"]),
        ("12b-16", vec!["12b", "12c", "13", "16z"], vec!["12", "12a", "17"]),
        ("ab 15", vec!["15", "15a", "400"], vec!["14", "14z"]),
        ("bis 14 gerade", vec!["2", "14b"], vec!["13", "16"]),
        ("12 1/2", vec!["12 1/2"], vec!["12", "12a"]),
        ("gerade: 2-4", vec!["2", "4"], vec!["3"]),
    ] {
        let range = range(text);
        for number in inside {
            assert!(range.contains(&house(number)), "{number} is in “{text}”");
        }
        for number in outside {
            assert!(!range.contains(&house(number)), "{number} is not in “{text}”");
        }
    }
}

#[test]
fn what_names_no_houses_is_refused() {
    for text in [
        "0",
        "hinter 5",
        "8-2",
        "2-",
        "-8",
        "12;drop",
        "2-8-12",
        "0-4",
        "12a-12",
        "3-3 gerade",
        "12 ungerade",
        "gegenüber der Kirche",
        "1,3,5",
        "12345",
        "ab hier",
        "2-8 2-8 2-8 2-8 2-8 2-8 2-8 2-8 2-8 2-8 2-8",
    ] {
        let read = HouseRange::parse(text);
        if text == "12a-12" {
            // All houses of the number 12 from 12a on.
            assert!(read.unwrap().contains(&house("12c")));
            continue;
        }
        assert_eq!(read, Err(Code::HouseRangeInvalid), "{text}");
    }
}

fn number() -> impl Strategy<Value = u16> {
    1..=9999_u16
}

fn any_house() -> impl Strategy<Value = House> {
    (number(), prop_oneof![Just(String::new()), "[a-f]", Just("1/2".to_owned())])
        .prop_map(|(number, suffix)| House { number, suffix })
}

fn any_range() -> impl Strategy<Value = HouseRange> {
    let side = prop_oneof![Just(""), Just(" even"), Just(" odd")];
    let body = prop_oneof![
        Just("all".to_owned()),
        any_house().prop_map(|house| house.to_string()),
        (any_house(), any_house()).prop_map(|(a, b)| format!("{}-{}", a.clone().min(b.clone()), a.max(b))),
        any_house().prop_map(|house| format!("from {house}")),
        any_house().prop_map(|house| format!("to {house}")),
    ];
    (body, side).prop_filter_map("no houses on that side", |(body, side)| {
        HouseRange::parse(format!("{body}{side}").trim_start_matches("all ")).ok()
    })
}

proptest! {
    /// What is written is read as the same houses.
    #[test]
    fn a_range_is_what_it_says(range in any_range()) {
        prop_assert_eq!(HouseRange::parse(&range.to_string()), Ok(range));
    }

    /// A street split by numbers has every house on exactly one side of the cut.
    #[test]
    fn a_split_street_has_every_house_once(cut in 1..9999_u16, house in any_house()) {
        let parts = [range(&format!("to {cut}")), range(&format!("from {}", cut + 1))];
        prop_assert_eq!(parts.iter().filter(|part| part.contains(&house)).count(), 1);
        let sides = [range("even"), range("odd")];
        prop_assert_eq!(sides.iter().filter(|side| side.contains(&house)).count(), 1);
    }

    /// Nothing outside the numbers of a range is in it, and everything within is.
    #[test]
    fn a_range_has_its_numbers_and_no_other(from in number(), to in number(), house in any_house(), even in any::<bool>()) {
        let (from, to) = (from.min(to), from.max(to));
        let within = (from..=to).contains(&house.number);
        prop_assert_eq!(range(&format!("{from}-{to}")).contains(&house), within);
        let side = if even { "even" } else { "odd" };
        if let Ok(half) = HouseRange::parse(&format!("{from}-{to} {side}")) {
            prop_assert_eq!(half.contains(&house), within && house.number.is_multiple_of(2) == even);
        }
    }

    /// A house over several plots is in a range where both of its ends are.
    #[test]
    fn a_house_over_several_plots_is_where_all_of_it_is(first in 1..9990_u16, more in 1..9_u16, range in any_range()) {
        let last = first + more;
        let both = house(&format!("{first}-{last}"));
        let ends = [house(&first.to_string()), house(&last.to_string())];
        let single = range.to_string().parse::<u16>().is_ok();
        prop_assert_eq!(range.contains(&both), !single && ends.iter().all(|end| range.contains(end)));
    }

    /// No text breaks it.
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        if let Ok(range) = HouseRange::parse(&text) {
            prop_assert_eq!(HouseRange::parse(&range.to_string()), Ok(range));
        }
    }
}
