//! The cache of compiled modules: used when right, passed over when anything is wrong.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use cascata_runtime::StageHandler;
use cascata_runtime::wasm::{WasmHost, WasmHostOptions};

use super::support::{call, settings, text, wasm};

/// A new directory, removed when dropped.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cascata-cache-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        Self(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn host(dir: &Path) -> WasmHost {
    WasmHost::new(WasmHostOptions::default().with_max_instances(4).with_cache_dir(dir))
}

/// Loads `counter` in a new host and runs it.
async fn works(dir: &Path) {
    let stage = host(dir).load("counter", &wasm("counter"), &settings(|_| ())).unwrap();
    assert_eq!(text(&stage.call(call("{}")).await.unwrap()), "1");
}

fn entry(dir: &Path) -> PathBuf {
    let is_entry = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "cwasm");
    let mut entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(is_entry);
    let first = entries.next().unwrap();
    assert!(entries.next().is_none());
    first
}

#[tokio::test]
async fn a_second_start_takes_the_module_from_the_cache() {
    let dir = Dir::new("hit");
    works(&dir.0).await;
    let entry = entry(&dir.0);
    let written = fs::metadata(&entry).unwrap().modified().unwrap();
    works(&dir.0).await;
    assert_eq!(fs::metadata(&entry).unwrap().modified().unwrap(), written, "not written again");
    assert_eq!(fs::metadata(&dir.0).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(dir.0.join("key")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&entry).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fs::read_dir(&dir.0).unwrap().any(|e| e.unwrap().file_name().to_string_lossy().starts_with(".tmp")));
}

#[tokio::test]
async fn a_changed_file_is_never_run_and_made_anew() {
    let dir = Dir::new("tamper");
    works(&dir.0).await;
    let entry = entry(&dir.0);
    let good = fs::read(&entry).unwrap();
    // The mark, the MAC, the code's beginning, middle and end.
    for at in [0, 7, 8, 39, 40, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        fs::write(&entry, &bad).unwrap();
        works(&dir.0).await;
        assert_eq!(fs::read(&entry).unwrap().len(), good.len(), "made anew");
        assert_ne!(fs::read(&entry).unwrap(), bad, "byte {at}");
    }
    for bad in [&good[..0], &good[..20], &good[..40], &good[..good.len() - 1]] {
        fs::write(&entry, bad).unwrap();
        works(&dir.0).await;
        assert!(fs::read(&entry).unwrap().len() > bad.len());
    }
}

#[tokio::test]
async fn a_file_of_another_module_does_not_pass_for_this_one() {
    let dir = Dir::new("swap");
    works(&dir.0).await;
    let counter = entry(&dir.0);
    let host = host(&dir.0);
    host.load("good", &wasm("good"), &settings(|_| ())).unwrap();
    let good = fs::read_dir(&dir.0)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "cwasm") && *path != counter);
    // Rightly signed, under the wrong name.
    fs::copy(good.unwrap(), &counter).unwrap();
    works(&dir.0).await;
}

#[tokio::test]
async fn another_key_makes_every_file_worthless() {
    let dir = Dir::new("key");
    works(&dir.0).await;
    let entry = entry(&dir.0);
    let before = fs::read(&entry).unwrap();
    fs::remove_file(dir.0.join("key")).unwrap();
    works(&dir.0).await;
    assert_ne!(fs::read(&entry).unwrap()[..40], before[..40]);
    fs::write(dir.0.join("key"), b"short").unwrap();
    assert!(!host(&dir.0).is_caching());
    works(&dir.0).await;
}

#[tokio::test]
async fn a_directory_or_key_open_to_others_is_not_used() {
    let dir = Dir::new("open");
    works(&dir.0).await;
    assert!(host(&dir.0).is_caching());
    fs::set_permissions(dir.0.join("key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(!host(&dir.0).is_caching());
    fs::set_permissions(dir.0.join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&dir.0, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(!host(&dir.0).is_caching());
    works(&dir.0).await;
}

#[tokio::test]
async fn what_is_no_file_of_this_user_is_neither_followed_nor_waited_for() {
    let dir = Dir::new("links");
    works(&dir.0).await;
    let (entry, key) = (entry(&dir.0), dir.0.join("key"));
    // The right code, elsewhere: it would pass, and is not looked at.
    let elsewhere = dir.0.join("elsewhere");
    fs::rename(&entry, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &entry).unwrap();
    works(&dir.0).await;
    assert!(fs::symlink_metadata(&entry).unwrap().is_file(), "made anew in the place of the link");
    let pipe = |path: &Path| {
        fs::remove_file(path).unwrap();
        std::process::Command::new("mkfifo").args(["-m", "600"]).arg(path).status().is_ok_and(|made| made.success())
    };
    if pipe(&entry) {
        works(&dir.0).await;
        assert!(fs::symlink_metadata(&entry).unwrap().is_file(), "made anew in the place of the pipe");
    }
    let kept = fs::read(&key).unwrap();
    if pipe(&key) {
        assert!(!host(&dir.0).is_caching(), "a pipe is no key");
        works(&dir.0).await;
        fs::remove_file(&key).unwrap();
    }
    fs::write(&elsewhere, &kept).unwrap();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &key).unwrap();
    assert!(!host(&dir.0).is_caching(), "a link is no key");
    fs::remove_file(&key).unwrap();
    fs::rename(&elsewhere, &key).unwrap();
    assert!(host(&dir.0).is_caching());
    // Only root can give files away.
    if std::os::unix::fs::chown(&key, Some(54_321), None).is_ok() {
        assert!(!host(&dir.0).is_caching(), "another user's key");
        works(&dir.0).await;
    }
}

#[tokio::test]
async fn a_large_module_is_compiled_away_from_the_executor() {
    let mut module = String::from(
        "(module (import \"cascata_v1\" \"set_result\" (func (param i32 i32 f64))) (memory (export \"memory\") 1)",
    );
    module.push_str("(data \"");
    module.push_str(&"x".repeat(40_000));
    module.push_str("\") (func (export \"stage_run\") (result i32) (i32.const 0)))");
    let bytes = wat::parse_str(&module).unwrap();
    let host = WasmHost::new(WasmHostOptions::default().with_max_instances(4));
    let stage = host.load_in_background("large", bytes, &settings(|_| ())).await.unwrap();
    assert!(stage.call(call("{}")).await.is_err());
}

#[tokio::test]
async fn components_are_kept_and_checked_in_the_same_way() {
    let dir = Dir::new("component");
    let bytes = super::components::component("modes");
    let works = async || {
        let stage = host(&dir.0).load("modes", &bytes, &settings(|_| ())).unwrap();
        assert_eq!(text(&stage.call(call(r#"{"mode": 0}"#)).await.unwrap()), "1");
    };
    works().await;
    let entry = entry(&dir.0);
    let good = fs::read(&entry).unwrap();
    let written = fs::metadata(&entry).unwrap().modified().unwrap();
    works().await;
    assert_eq!(fs::metadata(&entry).unwrap().modified().unwrap(), written, "not written again");
    for at in [8, 40, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        fs::write(&entry, &bad).unwrap();
        works().await;
        assert_ne!(fs::read(&entry).unwrap(), bad, "byte {at}");
    }
}
