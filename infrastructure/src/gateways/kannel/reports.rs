//! What Kannel's delivery reports mean.

use domain::deliveries::{DeliveryState, Report};

/// The table, by the value that stands for `%d` in the address of the report. None for what says
/// nothing about the delivery.
pub fn report(status: u32) -> Option<Report> {
    match status {
        1 => Some(Report::of(DeliveryState::Delivered)),
        2 => Some(Report::failed("undelivered")),
        // Waits in the network, or is on its way there.
        4 | 8 => Some(Report::of(DeliveryState::Sent)),
        16 => Some(Report::failed("refused_by_network")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_for_each_status() {
        use DeliveryState::{Delivered, Failed, Sent};
        for (status, state) in [
            (1, Some(Delivered)),
            (2, Some(Failed)),
            (4, Some(Sent)),
            (8, Some(Sent)),
            (16, Some(Failed)),
            (0, None),
            (32, None),
        ] {
            assert_eq!(report(status).map(|report| report.state), state, "{status}");
        }
    }
}
