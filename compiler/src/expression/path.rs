//! Fields: words with dots and brackets.

use super::ast::{Expression, ExpressionKind};
use super::literal;
use super::parser::Parser;
use super::token::Token;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::field_path::{FieldPath, Step};
use crate::operators::{Form, Operator};
use crate::span::Span;

impl Parser<'_> {
    /// A field as an operand.
    pub(super) fn field(&mut self) -> Expression {
        let Some(path) = self.path() else { return self.wrong() };
        let span = path.places.iter().copied().reduce(Span::join).unwrap_or_default();
        if self.peek_is(Token::Open) {
            return self.method(&path, span);
        }
        self.node(span, ExpressionKind::Path(path))
    }

    /// A path; nothing if it cannot be read, which is reported.
    pub(super) fn path(&mut self) -> Option<FieldPath> {
        let mut path = FieldPath { steps: Vec::new(), places: Vec::new() };
        if !self.peek_is(Token::OpenBracket) {
            self.key(&mut path)?;
        }
        loop {
            match self.peek().map(|(token, _)| *token) {
                Some(Token::OpenBracket) => self.bracket(&mut path)?,
                Some(Token::Dot) => {
                    self.next();
                    self.key(&mut path)?;
                }
                _ => return Some(path),
            }
        }
    }

    fn key(&mut self, path: &mut FieldPath) -> Option<()> {
        let Some((token, range)) = self.peek().cloned() else {
            let here = self.here();
            self.fail("a path ends with a dot", here, "expected a key");
            return None;
        };
        let place = self.span(&range);
        let raw = self.raw(&range);
        match token {
            Token::Word => {
                self.next();
                path.steps.push(Step::Key(raw.to_owned()));
                path.places.push(place);
            }
            // `a.0` and `a.1.5` are keys of digits.
            Token::Number | Token::BadNumber => {
                self.next();
                for part in raw.split('.') {
                    path.steps.push(Step::Key(part.to_owned()));
                    path.places.push(place);
                }
            }
            _ => {
                let shown = self.shown(&range);
                self.fail(format!("`{shown}` stands where a key belongs"), place, "expected a key");
                return None;
            }
        }
        Some(())
    }

    fn bracket(&mut self, path: &mut FieldPath) -> Option<()> {
        let open = self.here();
        self.next();
        let inner = self.peek().cloned();
        let step = match &inner {
            Some((Token::CloseBracket, _)) => Some(Step::Each),
            Some((Token::Number, range)) => {
                self.next();
                self.raw(range).parse().ok().map(Step::Index)
            }
            Some((Token::Text, range)) => {
                self.next();
                literal::text(self.raw(range)).ok().map(Step::Key)
            }
            _ => None,
        };
        let close = self.here();
        match step {
            Some(step) if self.peek_is(Token::CloseBracket) => {
                self.next();
                path.steps.push(step);
                path.places.push(open.join(close));
                Some(())
            }
            _ => {
                let message = "brackets hold the number of an element, a key in quotes, or nothing";
                self.fail(message, open.join(close), "in these brackets");
                if self.peek_is(Token::CloseBracket) {
                    self.next();
                }
                None
            }
        }
    }

    /// `name.startsWith("x")`: reported with how it is written here.
    fn method(&mut self, path: &FieldPath, span: Span) -> Expression {
        let (name, place) = match (path.steps.last(), path.places.last()) {
            (Some(Step::Key(name)), Some(place)) => (name.clone(), *place),
            _ => (String::new(), span),
        };
        let mut subject = path.clone();
        subject.steps.pop();
        subject.places.pop();
        let known = Operator::nearest(&name).filter(|_| !subject.steps.is_empty());
        let diagnostic =
            Diagnostic::new(Code::UnknownFunction, format!("fields have nothing to call, `{name}` neither"))
                .label(place, "not a function");
        self.report(match known.map(|operator| operator.form()) {
            Some(Form::Infix([word, ..])) => diagnostic.help(format!("write `{subject} {word} …`")),
            Some(Form::Postfix([word, ..])) => diagnostic.help(format!("write `{subject} {word}`")),
            Some(Form::Call([word, ..])) => diagnostic.help(format!("write `{word}({subject})`")),
            _ => diagnostic,
        });
        // What is called with is left out.
        self.recover_call();
        self.wrong()
    }

    fn recover_call(&mut self) {
        let mut open = 0_usize;
        while let Some((token, _)) = self.next() {
            match token {
                Token::Open => open = open.saturating_add(1),
                Token::Close => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
    }
}
