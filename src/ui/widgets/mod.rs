//! Components: all that screens are made of. Every one paints itself from the theme's tokens, can be reached by keyboard
//! with a visible focus, and tells AccessKit its role, name and value.

mod banner;
mod button;
mod card;
mod chart;
mod check;
mod choice;
mod dialog;
mod drawer;
mod empty;
mod ends;
mod form;
mod found_row;
mod hours;
mod labels;
mod list;
mod menu;
mod number;
mod page;
mod paint;
mod password;
mod pill;
mod progress;
mod select;
mod stepper;
mod strip;
mod test_result;
mod text_field;
mod timeline;
mod toast;
mod tree_row;

pub use banner::{Banner, BannerEvent};
pub use button::Button;
pub use card::Card;
pub use chart::RoomChart;
pub use check::{Check, Checked};
pub use choice::{ChoiceCard, Segmented};
pub use dialog::{ConfirmDialog, ConfirmEvent, Dialog, DialogOutput};
pub use drawer::Drawer;
pub use empty::{EmptyEvent, EmptyState};
pub use ends::{Ends, at_right};
pub use form::{FormRow, key_value, labelled, section_head};
pub use found_row::FoundRow;
pub use hours::hours_fields;
pub use labels::{
    ago_label, append_only, bytes_label, icon_label, line, moment_label, plain, problem_or_question, problem_text, spinner, weak,
    wrapped,
};
pub use list::{ListOutput, RowList};
pub use menu::{menu_button, menu_item};
pub use number::{NumberField, TimeField};
pub use page::{FlowEvent, FlowOutput, FlowPage, tab_page};
pub use paint::{focus_ring, galley, icon_at};
pub use password::{PasswordField, strength_line};
pub use pill::StatusPill;
pub use progress::{ProgressBar, ProgressRow, UsageBar};
pub use select::Select;
pub use stepper::Stepper;
pub use strip::{Strip30, mark_in_words, paint_mark};
pub use test_result::{TestState, TestView};
pub use text_field::TextField;
pub use timeline::{TimelineRow, day_head};
pub use toast::{Toast, Toasts};
pub use tree_row::{TreeEvent, TreeRow};
