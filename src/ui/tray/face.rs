//! The tray's icon, drawn by rule at any size: the safe of the program's icon, and in the place of its wheel what goes on. States differ in
//! shape, not in colour alone, and stand on light and dark bars alike.

/// What the icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Face {
    pub shape: Shape,
    /// A triangle with an exclamation mark in the corner.
    pub attention: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The wheel at rest.
    Idle,
    /// A ring that fills by whole percent; without any, a turning piece of it.
    Running(Option<u8>),
    /// Two bars.
    Paused,
}

/// Points in each direction that a pixel is made of.
const FINE: u32 = 4;

type Color = [f32; 3];
const BLUE: Color = [31.0, 95.0, 191.0];
const WHITE: Color = [255.0, 255.0, 255.0];
/// The ring that is not filled yet.
const TRACK: Color = [99.0, 145.0, 212.0];
const AMBER: Color = [255.0, 193.0, 61.0];
const INK: Color = [43.0, 29.0, 0.0];

impl Face {
    /// `size` × `size` pixels, row by row from the top left: alpha, red, green, blue, not premultiplied.
    pub fn argb(self, size: u32) -> Vec<u8> {
        let mut pixels = Vec::with_capacity((size * size * 4) as usize);
        for y in 0..size {
            for x in 0..size {
                pixels.extend(self.pixel(x, y, size));
            }
        }
        pixels
    }

    fn pixel(self, x: u32, y: u32, size: u32) -> [u8; 4] {
        let (mut sum, mut hits) = ([0.0; 3], 0);
        for sample in 0..FINE * FINE {
            let at = |pixel: u32, part: u32| (pixel as f32 + (part as f32 + 0.5) / FINE as f32) / size as f32;
            let (x, y) = (at(x, sample % FINE), at(y, sample / FINE));
            if let Some(color) = self.color(x, y) {
                sum = [0, 1, 2].map(|channel| sum[channel] + color[channel]);
                hits += 1;
            }
        }
        let [red, green, blue] = sum.map(|channel| if hits == 0 { 0 } else { (channel / hits as f32).round() as u8 });
        [(hits * 255 / (FINE * FINE)) as u8, red, green, blue]
    }

    /// At a point of the unit square; `None`: nothing is drawn there.
    fn color(self, x: f32, y: f32) -> Option<Color> {
        if self.attention {
            match badge(x, y) {
                Badge::Mark => return Some(INK),
                Badge::Ground => return Some(AMBER),
                // Sets the triangle off from the safe.
                Badge::Gap => return None,
                Badge::Beside => {}
            }
        }
        // The safe, and its two feet.
        let body = rounded((x - 0.5).abs(), (y - 0.47).abs(), [0.47, 0.44], 0.17);
        let feet = rounded(((x - 0.5).abs() - 0.24).abs(), (y - 0.9).abs(), [0.09, 0.07], 0.04);
        if body > 0.0 {
            return (feet <= 0.0).then_some(BLUE);
        }
        Some(self.shape.color(x - 0.5, y - 0.47))
    }
}

impl Shape {
    /// On the safe's door, from its middle.
    fn color(self, x: f32, y: f32) -> Color {
        let radius = x.hypot(y);
        let on_ring = (0.225..=0.335).contains(&radius);
        let is_white = match self {
            Self::Idle => (0.225..=0.31).contains(&radius) || radius <= 0.09 || spokes(x, y),
            Self::Paused => y.abs() <= 0.22 && (0.06..=0.17).contains(&x.abs()),
            Self::Running(percent) => {
                let (from, to) = match percent {
                    Some(percent) => (0.0, f32::from(percent.min(100)) / 100.0),
                    None => (0.0, 0.25),
                };
                let turn = turn(x, y);
                if on_ring && !(from..=to).contains(&turn) {
                    return TRACK;
                }
                // A dot in the middle, also where the ring is still empty.
                on_ring || radius <= 0.1
            }
        };
        if is_white { WHITE } else { BLUE }
    }
}

/// Part of a whole turn clockwise from the top: 0 to 1.
fn turn(x: f32, y: f32) -> f32 {
    (x.atan2(-y) / std::f32::consts::TAU).rem_euclid(1.0)
}

/// Three spokes: up, and down to both sides.
fn spokes(x: f32, y: f32) -> bool {
    [(0.0, -1.0), (0.866, 0.5), (-0.866, 0.5)].into_iter().any(|(dx, dy)| {
        let along = x * dx + y * dy;
        (0.0..=0.25).contains(&along) && (x * dy - y * dx).abs() <= 0.042
    })
}

/// Distance to a rectangle with rounded corners around the origin; negative inside. `x` and `y` are not negative.
fn rounded(x: f32, y: f32, half: [f32; 2], corner: f32) -> f32 {
    let (x, y) = (x - half[0] + corner, y - half[1] + corner);
    x.max(0.0).hypot(y.max(0.0)) + x.max(y).min(0.0) - corner
}

enum Badge {
    Mark,
    Ground,
    Gap,
    Beside,
}

/// The triangle in the lower right corner.
fn badge(x: f32, y: f32) -> Badge {
    let (x, y) = (x - 0.71, y - 0.755);
    let distance = triangle(x, y);
    let is_mark = x.abs() <= 0.04 && (-0.075..=0.075).contains(&y) || x.hypot(y - 0.14) <= 0.042;
    match distance {
        d if d <= 0.0 && is_mark => Badge::Mark,
        d if d <= 0.0 => Badge::Ground,
        d if d <= 0.055 => Badge::Gap,
        _ => Badge::Beside,
    }
}

/// Distance to a triangle that stands on its side, with rounded corners; negative inside.
fn triangle(x: f32, y: f32) -> f32 {
    const CORNER: f32 = 0.05;
    /// From the middle to each side.
    const INNER: f32 = 0.09;
    const WIDE: f32 = INNER * 1.732;
    let y = y - 0.07;
    let corners = [(0.0, -2.0 * INNER), (WIDE, INNER), (-WIDE, INNER)];
    let is_inside = y <= INNER && x.abs() * 0.866 - y * 0.5 <= INNER;
    let sides = [(corners[0], corners[1]), (corners[1], corners[2]), (corners[2], corners[0])];
    let nearest = sides.into_iter().map(|(from, to)| to_segment((x, y), from, to)).fold(f32::MAX, f32::min);
    (if is_inside { -nearest } else { nearest }) - CORNER
}

fn to_segment(point: (f32, f32), from: (f32, f32), to: (f32, f32)) -> f32 {
    let (x, y) = (point.0 - from.0, point.1 - from.1);
    let (along, down) = (to.0 - from.0, to.1 - from.1);
    let part = ((x * along + y * down) / (along * along + down * down)).clamp(0.0, 1.0);
    (x - part * along).hypot(y - part * down)
}
