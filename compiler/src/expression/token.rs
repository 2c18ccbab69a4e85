//! Words and signs of expressions.

use logos::Logos;

/// A token. Texts and numbers keep their source form until somebody wants the value.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n\f]+")]
pub(super) enum Token {
    /// A word: a key of a path, a keyword or a name.
    #[regex(r"[\p{XID_Start}_$@][\p{XID_Continue}$@]*")]
    Word,
    /// A number as JSON writes it, without its sign. Leading zeros are looked at later.
    #[regex(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")]
    Number,
    /// A number that a word follows without a blank: `30d`, `1_000`, `0x1F`.
    #[regex(r"[0-9]+(\.[0-9]+)?[\p{XID_Start}_][\p{XID_Continue}.]*", priority = 1)]
    BadNumber,
    /// A text in quotes of either kind.
    #[regex(r#""([^"\\]|\\.)*""#)]
    #[regex(r"'([^'\\]|\\.)*'")]
    Text,
    /// A text without escapes.
    #[regex(r#"[rR]"[^"]*""#)]
    #[regex(r"[rR]'[^']*'")]
    RawText,
    /// A quote that nothing closes.
    #[regex(r#""([^"\\]|\\.)*"#, priority = 1)]
    #[regex(r"'([^'\\]|\\.)*", priority = 1)]
    Unclosed,
    #[token("(")]
    Open,
    #[token(")")]
    Close,
    #[token("[")]
    OpenBracket,
    #[token("]")]
    CloseBracket,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token(".")]
    Dot,
    #[token("==")]
    #[token("!=")]
    #[token("<")]
    #[token("<=")]
    #[token(">")]
    #[token(">=")]
    Compare,
    #[token("+")]
    #[token("-")]
    #[token("*")]
    #[token("/")]
    #[token("%")]
    Arithmetic,
    /// Signs of other languages that have one here under another name.
    #[token("=")]
    #[token("===")]
    #[token("!==")]
    #[token("<>")]
    #[token("=<")]
    #[token("=>")]
    #[token("=~")]
    #[token("&&")]
    #[token("&")]
    #[token("||")]
    #[token("|")]
    #[token("!")]
    Foreign,
    /// Any other character.
    Other,
}

/// The tokens of a text, each with its bytes. Never fails: what is no token is [`Token::Other`].
pub(super) fn tokens(text: &str) -> Vec<(Token, std::ops::Range<usize>)> {
    Token::lexer(text).spanned().map(|(token, range)| (token.unwrap_or(Token::Other), range)).collect()
}

/// Whether a text is read as one word.
pub(crate) fn is_word(text: &str) -> bool {
    matches!(tokens(text).as_slice(), [(Token::Word, range)] if range.len() == text.len())
}
