//! What was learned, as one HTML file: no script, no link, no font from elsewhere.

use std::fmt::Write as _;

use cascata_learn::{Learned, Proposal};

use super::plot::{Line, escaped, lines, shades};

const STYLE: &str = "
:root{color-scheme:light dark;--line:#3569c4;--other:#c4552d;--faint:#8888;font:15px/1.5 system-ui,sans-serif}
body{max-width:1100px;margin:2em auto;padding:0 1em}table{border-collapse:collapse;width:100%}
td,th{padding:.3em .6em;border-bottom:1px solid var(--faint);text-align:left;vertical-align:top}td.n,th.n{text-align:right}
code,pre{font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}figure{margin:1em 0}
svg{width:100%;max-width:640px;font:11px system-ui,sans-serif}svg text{fill:currentColor}.axis{fill:none;stroke:currentColor}
polyline{fill:none;stroke-width:2}polyline.a,circle.a{stroke:var(--line)}polyline.b,circle.b{stroke:var(--other)}
circle.a,span.a{fill:var(--line);color:var(--line)}circle.b,span.b{fill:var(--other);color:var(--other)}
.mark{stroke:var(--faint);stroke-dasharray:4}.shade{fill:var(--line);stroke:var(--faint);stroke-width:.5}
.MIGRATE{color:#2a8a3e}.MONITOR{color:#a67c00}.REJECT{color:#c0392b}.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(340px,1fr))}
";

/// The whole report.
pub fn text(learned: &Learned) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n<title>{stage} before {target}: learned rules</title><style>{STYLE}</style></head><body>\n",
        stage = escaped(&learned.stage),
        target = escaped(&learned.target)
    );
    head(learned, &mut out);
    out.push_str("<h2>What the rules take away</h2><div class=\"plots\">");
    out.push_str(&cost(learned));
    out.push_str(&precision(learned));
    out.push_str("</div>\n");
    rules(learned, &mut out);
    out.push_str("<h2>Which rules overlap</h2><p>Row: of the events its rule answers, how many the rule of the column answers too.</p>");
    let names: Vec<_> = learned.proposals.iter().map(|one| one.name.clone()).collect();
    out.push_str(&shades(&names, &learned.overlap));
    thresholds(learned, &mut out);
    reasons(learned, &mut out);
    for note in &learned.notes {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(out, "<p>Note: {}.</p>", escaped(note));
    }
    out + "</body></html>\n"
}

fn head(learned: &Learned, out: &mut String) {
    let report = learned.together.report;
    let [fit, tune, measured] = learned.parts;
    let _ = writeln!(
        out,
        "<h1>Rules in {target} for what {stage} answers</h1>
<p><strong class=\"{verdict}\">{verdict}</strong>: {rules} rules take {coverage} of {examples} calls away; {precision} of their answers are right, at least {lower} with 95 % confidence.</p>
<p>Searched in {fit} examples, chosen with {tune}, measured on {measured} that were used for nothing else. {tried} conjunctions were tried.</p><ul>",
        target = escaped(&learned.target), stage = escaped(&learned.stage), verdict = learned.recommendation.name(),
        rules = learned.proposals.len(), coverage = share(report.coverage()), examples = learned.examples,
        precision = share(report.precision()), lower = share(learned.precision_lower), tried = learned.tried
    );
    for reason in &learned.reasons {
        let _ = writeln!(out, "<li>{}</li>", escaped(reason));
    }
    out.push_str("</ul>\n");
}

fn cost(learned: &Learned) -> String {
    let points = learned.curve.iter().map(|point| {
        (
            point.counts.coverage(),
            point.cost,
            format!("{} rules: {} of the calls, cost {:.2}", point.rules, share(point.counts.coverage()), point.cost),
        )
    });
    let line = Line { name: "mean cost of an event".to_owned(), class: "a", points: points.collect() };
    lines("Cost against recall", ("share of the calls taken away", "mean cost of an event"), &[line], None)
}

fn precision(learned: &Learned) -> String {
    let told = learned.curve.iter().filter(|point| point.rules > 0);
    let (mut seen, mut lower) = (Vec::new(), Vec::new());
    for point in told {
        let text = |value: f64| format!("{} rules, {} conditions: {}", point.rules, point.conditions, share(value));
        let counts = point.counts;
        seen.push((counts.coverage(), counts.precision(), text(counts.precision())));
        lower.push((counts.coverage(), counts.precision_lower(), text(counts.precision_lower())));
    }
    let all = [
        Line { name: "as counted".to_owned(), class: "a", points: seen },
        Line { name: "at least, with 95 % confidence".to_owned(), class: "b", points: lower },
    ];
    lines("Precision against recall", ("share of the calls taken away", "share of right answers"), &all, None)
}

fn rules(learned: &Learned, out: &mut String) {
    out.push_str("<h2>Rules</h2><table><tr><th class=\"n\">#</th><th>rule</th><th>recommendation</th><th class=\"n\">precision</th><th class=\"n\">at least</th><th class=\"n\">calls</th><th class=\"n\">of its answer</th><th class=\"n\">saves a period</th></tr>\n");
    for (at, one) in learned.proposals.iter().enumerate() {
        let _ = writeln!(
            out,
            "<tr><td class=\"n\">{}</td><td>{}</td><td><strong class=\"{verdict}\">{verdict}</strong></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{:.0}</td></tr>",
            at + 1,
            rule(one),
            share(one.precision),
            share(one.precision_lower),
            share(one.coverage),
            share(one.recall),
            one.saving.per_period,
            verdict = one.recommendation.name()
        );
    }
    out.push_str("</table>\n");
}

fn rule(one: &Proposal) -> String {
    let reasons: String = one.reasons.iter().map(|reason| format!("<li>{}</li>", escaped(reason))).collect();
    let relations = one
        .relations
        .iter()
        .map(|met| format!("<li>{:?} <code>{}</code> ({} examples)</li>", met.kind, escaped(&met.rule), met.both));
    format!(
        "<strong>{}</strong> &rarr; <code>{}</code><br><code>{}</code><details><summary>why, and as YAML</summary><ul>{reasons}{}</ul><pre>{}</pre></details>",
        escaped(&one.name),
        escaped(&one.answer.to_string()),
        escaped(&one.when),
        relations.collect::<String>(),
        escaped(&one.yaml)
    )
}

fn thresholds(learned: &Learned, out: &mut String) {
    if learned.thresholds.is_empty() {
        return;
    }
    out.push_str("<h2>Other thresholds</h2><p>What a rule would give with another number; the dashed line is the one it has.</p><div class=\"plots\">");
    for curve in &learned.thresholds {
        let line = |name: &str, class, value: &dyn Fn(&cascata_learn::Counts) -> f64| Line {
            name: name.to_owned(),
            class,
            points: curve
                .points
                .iter()
                .map(|(cut, counts)| {
                    (*cut, value(counts), format!("{} {cut}: {}", curve.operator, share(value(counts))))
                })
                .collect(),
        };
        let all = [
            line("precision", "a", &cascata_learn::Counts::precision),
            line("calls taken away", "b", &cascata_learn::Counts::coverage),
        ];
        let name = learned.proposals.iter().find(|one| one.id == curve.proposal).map_or("", |one| one.name.as_str());
        out.push_str(&lines(
            &format!("{name}: {} {}", curve.field, curve.operator),
            (&curve.field, name),
            &all,
            Some(curve.chosen),
        ));
    }
    out.push_str("</div>\n");
}

fn reasons(learned: &Learned, out: &mut String) {
    if learned.reasons_given.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<h2>What {} gives as reasons</h2><table><tr><th>word</th><th>answer</th><th class=\"n\">examples</th><th class=\"n\">at least</th></tr>",
        escaped(&learned.stage)
    );
    for one in &learned.reasons_given {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td><code>{}</code></td><td class=\"n\">{} of {}</td><td class=\"n\">{}</td></tr>",
            escaped(&one.word),
            escaped(&one.answer.to_string()),
            one.right,
            one.count,
            share(one.confidence)
        );
    }
    out.push_str("</table>\n");
}

fn share(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}
