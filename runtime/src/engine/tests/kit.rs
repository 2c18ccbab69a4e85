//! Small programs for tests, written as images.

use cascata_vm::image::{
    ActionSpec, CascadeSpec, ImageBuilder, LoadOptions, Program, RuleExtras, RuleKind, RuleSpec, StageSpec,
};
use cascata_vm::isa::{Instruction, Opcode};
use cascata_vm::{ListId, StageId};

use crate::engine::{Decision, Engine};

/// A program in the making.
pub struct Kit {
    pub image: ImageBuilder,
    pub cascade: CascadeSpec,
    pub stages: Vec<StageSpec>,
    rules: Vec<(Option<StageId>, RuleKind, ActionSpec)>,
}

/// A stage with default limits.
pub fn stage(name: &str) -> StageSpec {
    StageSpec {
        name: name.to_owned(),
        host: "{}".to_owned(),
        enabled: true,
        can_run_parallel: false,
        parallel_group: None,
        depends_on: Vec::new(),
        preconditions: ListId::new(0),
        routing: ListId::new(0),
        postconditions: ListId::new(0),
        timeout_ms: 1000,
        max_retries: 0,
        retry_delay_ms: 0,
        cache_enabled: false,
        cache_ttl_seconds: 10,
    }
}

impl Kit {
    /// Stages in this order.
    pub fn new(stages: Vec<StageSpec>) -> Self {
        let plan = (0_u32..).map(StageId::new).take(stages.len()).collect();
        let cascade = CascadeSpec {
            name: "kit".to_owned(),
            version: "1".to_owned(),
            host: "{}".to_owned(),
            global_timeout_ms: 60_000,
            max_parallel_stages: 5,
            enable_caching: false,
            plan,
            cache_key_paths: Vec::new(),
        };
        Self { image: ImageBuilder::new(), cascade, stages, rules: Vec::new() }
    }

    /// Adds a rule that always holds.
    pub fn rule(mut self, stage: u32, kind: RuleKind, action: ActionSpec) -> Self {
        self.rules.push((Some(StageId::new(stage)), kind, action));
        self
    }

    /// Adds a `set_field` of a text that always holds.
    pub fn set(mut self, stage: u32, kind: RuleKind, path: &str, text: &str) -> Self {
        let segments: Vec<_> = path.split('.').map(|key| cascata_vm::Segment::Key(key.to_owned())).collect();
        let path = self.image.path(&segments);
        let value = self.image.constant(&cascata_vm::image::Constant::Text(text.to_owned()));
        self.rule(stage, kind, ActionSpec::SetField { path, value })
    }

    /// States that the verdict is what stands at a path.
    pub fn outcome(mut self, path: &[&str]) -> Self {
        let segments: Vec<_> = path.iter().map(|key| cascata_vm::Segment::Key((*key).to_owned())).collect();
        let path = self.image.path(&segments);
        let load = Instruction { c: path.as_u32(), ..Instruction::new(Opcode::Load) };
        let give = RuleSpec {
            code: vec![load, Instruction::new(Opcode::Give)],
            ..spec("outcome".to_owned(), None, RuleKind::Outcome, ActionSpec::Nothing)
        };
        let list = self.image.list(vec![give]);
        self.image.outcome(list);
        self
    }

    pub fn program(mut self) -> Program<'static> {
        let mut lists = |stage: Option<u32>, kind: RuleKind| {
            let of = |rule: &&(Option<StageId>, RuleKind, ActionSpec)| {
                rule.0.map(StageId::as_u32) == stage && rule.1 == kind
            };
            let specs = self.rules.iter().filter(of).enumerate().map(|(at, (stage, kind, action))| {
                spec(format!("{}_{at}", kind.name()), *stage, *kind, action.clone())
            });
            self.image.list(specs.collect())
        };
        let globals = lists(None, RuleKind::Global);
        let of_stages: Vec<_> = (0_u32..)
            .take(self.stages.len())
            .map(|at| {
                let mut list = |kind| lists(Some(at), kind);
                (list(RuleKind::Precondition), list(RuleKind::Routing), list(RuleKind::Postcondition))
            })
            .collect();
        for (stage, (preconditions, routing, postconditions)) in self.stages.iter_mut().zip(of_stages) {
            (stage.preconditions, stage.routing, stage.postconditions) = (preconditions, routing, postconditions);
            self.image.stage(stage);
        }
        let image = self.image.finish(&self.cascade, globals, "test");
        Program::verify(image, &LoadOptions::default()).expect("an image that holds")
    }
}

/// A rule that always holds.
fn spec(name: String, stage: Option<StageId>, kind: RuleKind, action: ActionSpec) -> RuleSpec {
    RuleSpec {
        name,
        kind,
        stage,
        priority: 0,
        order: 0,
        action,
        extras: RuleExtras::default(),
        code: vec![Instruction::new(Opcode::Accept)],
        spans: Vec::new(),
        span: None,
    }
}

/// Decides an event.
pub async fn decide(engine: &Engine, event: &str) -> Decision {
    let decision = engine.execute(event.as_bytes()).await.expect("an object");
    written_alike(&decision);
    decision
}

/// A decision written down is its record's JSON, whatever happened.
pub fn written_alike(decision: &Decision) {
    for mode in [cascata_record::Mode::Summary, cascata_record::Mode::Full] {
        let mut written = Vec::new();
        decision.write_record(mode, &mut written);
        let record = serde_json::to_string(&decision.record(mode)).expect("records are JSON");
        assert_eq!(String::from_utf8_lossy(&written), record);
    }
}

/// The stages and kinds of the recorded errors.
pub fn errors(decision: &Decision) -> Vec<(String, String)> {
    let record = decision.record(cascata_record::Mode::Full);
    record.errors.into_iter().map(|error| (error.stage, error.kind)).collect()
}
