//! Every order in which threads take slots, wait for them and give them back.

use super::Bulkhead;
use cascata_config::BulkheadOptions;
use loom::thread;
use serde_json::json;
use std::sync::Arc;

fn bulkhead() -> Arc<Bulkhead> {
    let options: BulkheadOptions = serde_json::from_value(json!({"max_concurrent": 1, "queue_size": 1})).unwrap();
    Arc::new(Bulkhead::fixed("b", &options))
}

fn is_free(bulkhead: &Arc<Bulkhead>) {
    let figures = bulkhead.snapshot();
    assert_eq!((figures.running, figures.waiting), (0, 0));
    assert!(bulkhead.try_enter().is_some());
}

#[test]
fn loom_a_slot_given_back_while_another_queues_is_never_lost() {
    loom::model(|| {
        let bulkhead = bulkhead();
        let slot = bulkhead.try_enter().unwrap();
        let waits = Arc::clone(&bulkhead);
        // Goes away in the middle: with the slot, before it, or while it is handed over.
        let waiting = thread::spawn(move || drop(waits.queue_up()));
        drop(slot);
        waiting.join().unwrap();
        is_free(&bulkhead);
    });
}

#[test]
fn loom_who_queues_gets_the_slot_of_who_leaves() {
    loom::model(|| {
        let bulkhead = bulkhead();
        let slot = bulkhead.try_enter().unwrap();
        let mut place = bulkhead.queue_up().ok().unwrap();
        let other = Arc::clone(&bulkhead);
        let barges = thread::spawn(move || assert!(other.try_enter().is_none()));
        drop(slot);
        let handed = place.hand.try_recv().unwrap();
        place.number = None;
        barges.join().unwrap();
        drop((handed, place));
        is_free(&bulkhead);
    });
}
