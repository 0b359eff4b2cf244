//! What stands where the window would be when Strongroom cannot start.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use strongroom::model::problem::{Code, Problem};
use strongroom::ui::refusal::Refusal;

#[test]
fn it_says_what_is_wrong_and_offers_another_try() {
    let problem = Problem::new(Code::Settings, "The settings could not be read.", "Look at the file.").with_detail("line 3: oh");
    let (refusal, again) = Refusal::new(problem);
    let mut harness = Harness::builder().with_size([900.0, 600.0]).build_eframe(move |creation| refusal.install(creation));
    harness.run();
    harness.get_by_label("The settings could not be read.");
    harness.get_by_label_contains("line 3: oh");
    assert!(!again.get());
    harness.get_by_label("Try again").click();
    harness.run();
    assert!(again.get());
}
