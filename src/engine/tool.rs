//! A run that works on a single file.

use crate::model::problem::Problem;
use crate::model::run::{RunDetail, Stage};
use crate::model::tool::{Tool, ToolSpec};

use super::core::Core;
use super::download;
use super::run::{Done, Run, Stages};
use super::single::tools::{Doing, carry_out};

pub fn run(core: &Core, run: &Run, spec: &ToolSpec, stages: &mut Stages<'_>) -> Result<Done, Problem> {
    stages.enter(Stage::Converting);
    if let Tool::Download { at } = &spec.tool {
        let done = download::carry_out(core, run, spec, at)?;
        return Ok(Done { detail: RunDetail::Tool(done), warnings: Vec::new(), warning_count: 0, finding: None });
    }
    let mut random = |bytes: &mut [u8]| {
        (core.env.entropy)(bytes);
        Ok(())
    };
    let mut doing = Doing {
        now: core.env.clock.now(),
        random: &mut random,
        known: &|plan| core.known_ring(plan).ok().flatten(),
        progress: &run.progress,
        cancel: &run.cancel,
    };
    let done = carry_out(spec, &mut doing)?;
    Ok(Done { detail: RunDetail::Tool(done), warnings: Vec::new(), warning_count: 0, finding: None })
}
