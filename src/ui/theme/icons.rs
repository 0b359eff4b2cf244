//! Phosphor icons (MIT) by their code points; regular and filled share them.

/// An icon's character in the icon fonts. Text fonts fall back to it, so it may also stand in running text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icon(pub char);

impl std::fmt::Display for Icon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Write::write_char(f, self.0)
    }
}

pub const SHIELD_CHECK: Icon = Icon('\u{e40c}');
pub const SHIELD_WARNING: Icon = Icon('\u{e412}');
pub const SHIELD_SLASH: Icon = Icon('\u{e410}');
pub const CLOCK: Icon = Icon('\u{e19a}');
pub const CLOCK_COUNTER_CLOCKWISE: Icon = Icon('\u{e1a0}');
pub const HOURGLASS: Icon = Icon('\u{e2b2}');
pub const CALENDAR_BLANK: Icon = Icon('\u{e10a}');
pub const CHECK: Icon = Icon('\u{e182}');
pub const CHECK_CIRCLE: Icon = Icon('\u{e184}');
pub const WARNING: Icon = Icon('\u{e4e0}');
pub const WARNING_CIRCLE: Icon = Icon('\u{e4e2}');
pub const X: Icon = Icon('\u{e4f6}');
pub const X_CIRCLE: Icon = Icon('\u{e4f8}');
pub const CIRCLE: Icon = Icon('\u{e18a}');
pub const ARROW_LEFT: Icon = Icon('\u{e058}');
pub const ARROW_RIGHT: Icon = Icon('\u{e06c}');
pub const ARROW_UP: Icon = Icon('\u{e08e}');
pub const ARROW_DOWN: Icon = Icon('\u{e03e}');
pub const CARET_DOWN: Icon = Icon('\u{e136}');
pub const CARET_RIGHT: Icon = Icon('\u{e13a}');
pub const CARET_UP: Icon = Icon('\u{e13c}');
pub const CARET_LEFT: Icon = Icon('\u{e138}');
pub const PLUS: Icon = Icon('\u{e3d4}');
pub const MINUS: Icon = Icon('\u{e32a}');
pub const FOLDER: Icon = Icon('\u{e24a}');
pub const FOLDER_OPEN: Icon = Icon('\u{e256}');
pub const FOLDER_PLUS: Icon = Icon('\u{e258}');
pub const FILE: Icon = Icon('\u{e230}');
pub const FILE_TEXT: Icon = Icon('\u{e23a}');
pub const FILES: Icon = Icon('\u{e710}');
pub const IMAGE: Icon = Icon('\u{e2ca}');
pub const LINK_SIMPLE: Icon = Icon('\u{e2e6}');
pub const HARD_DRIVE: Icon = Icon('\u{e29e}');
pub const HARD_DRIVES: Icon = Icon('\u{e2a0}');
pub const USB: Icon = Icon('\u{e956}');
pub const GLOBE: Icon = Icon('\u{e288}');
pub const LOCK: Icon = Icon('\u{e2fa}');
pub const LOCK_OPEN: Icon = Icon('\u{e306}');
pub const KEY: Icon = Icon('\u{e2d6}');
pub const EYE: Icon = Icon('\u{e220}');
pub const EYE_SLASH: Icon = Icon('\u{e224}');
pub const COPY: Icon = Icon('\u{e1ca}');
pub const TRASH: Icon = Icon('\u{e4a6}');
pub const PENCIL_SIMPLE: Icon = Icon('\u{e3b4}');
pub const DOTS_THREE: Icon = Icon('\u{e1fe}');
pub const GEAR_SIX: Icon = Icon('\u{e272}');
pub const BELL: Icon = Icon('\u{e0ce}');
pub const MAGNIFYING_GLASS: Icon = Icon('\u{e30c}');
pub const PLAY: Icon = Icon('\u{e3d0}');
pub const PAUSE: Icon = Icon('\u{e39e}');
pub const STOP: Icon = Icon('\u{e46c}');
pub const ARROW_CLOCKWISE: Icon = Icon('\u{e036}');
pub const ARROW_COUNTER_CLOCKWISE: Icon = Icon('\u{e038}');
pub const INFO: Icon = Icon('\u{e2ce}');
pub const QUESTION: Icon = Icon('\u{e3e8}');
pub const FUNNEL: Icon = Icon('\u{e266}');
pub const DOWNLOAD_SIMPLE: Icon = Icon('\u{e20c}');
pub const UPLOAD_SIMPLE: Icon = Icon('\u{e4c0}');
pub const HOUSE: Icon = Icon('\u{e2c2}');
pub const DESKTOP: Icon = Icon('\u{e560}');
pub const MOON: Icon = Icon('\u{e330}');
pub const SUN: Icon = Icon('\u{e472}');
pub const STACK: Icon = Icon('\u{e466}');
pub const VAULT: Icon = Icon('\u{e76e}');
pub const SEAL_CHECK: Icon = Icon('\u{e606}');
pub const PLUG: Icon = Icon('\u{e946}');
pub const TIMER: Icon = Icon('\u{e492}');
pub const IMAGES: Icon = Icon('\u{e836}');
pub const MUSIC_NOTES: Icon = Icon('\u{e340}');
pub const VIDEO_CAMERA: Icon = Icon('\u{e4da}');
pub const PROHIBIT: Icon = Icon('\u{e3de}');
pub const CLIPBOARD_TEXT: Icon = Icon('\u{e198}');
pub const LIGHTNING: Icon = Icon('\u{e2de}');
pub const PACKAGE: Icon = Icon('\u{e390}');
