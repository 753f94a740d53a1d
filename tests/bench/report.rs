//! Figures, and the one line of JSON they end in.

use serde::Serialize;

/// The last line of a bench.
#[derive(Serialize)]
pub struct Report {
    pub bench: String,
    pub database: String,
    pub results: Vec<Figure>,
}

/// One figure, mostly beside the bare handler's.
#[derive(Serialize)]
pub struct Figure {
    name: String,
    unit: &'static str,
    ours: f64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    beside: Option<Beside>,
}

/// What the same work costs without Rathaus.
#[derive(Serialize)]
struct Beside {
    baseline: f64,
    baseline_is: String,
    /// Our speed as a share of the baseline's, 1 = as fast; of what is better when small, the inverse.
    ratio: f64,
}

impl Figure {
    pub fn compared(name: String, unit: &'static str, ours: f64, baseline: f64, baseline_is: &str) -> Self {
        let ratio = if unit == "per_second" { ours / baseline } else { baseline / ours };
        let baseline_is = baseline_is.to_owned();
        let beside = Beside { baseline: rounded(baseline), baseline_is, ratio: rounded(ratio) };
        Self { name, unit, ours: rounded(ours), beside: Some(beside) }.printed()
    }

    /// A figure that nothing is compared with.
    pub fn alone(name: String, unit: &'static str, ours: f64) -> Self {
        Self { name, unit, ours: rounded(ours), beside: None }.printed()
    }

    /// For people who watch.
    fn printed(self) -> Self {
        let Self { name, unit, ours, .. } = &self;
        match &self.beside {
            Some(Beside { baseline, ratio, .. }) => {
                println!("{name}: {ours} {unit}, bare {baseline}, ratio {ratio:.2}");
            }
            None => println!("{name}: {ours} {unit}"),
        }
        self
    }
}

impl Report {
    /// Prints the JSON.
    pub fn print(&self) {
        println!("{}", serde_json::to_string(self).unwrap());
    }
}

/// The middle one.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// More than four digits would only pretend.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap()
}
