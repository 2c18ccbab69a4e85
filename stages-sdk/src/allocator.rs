//! The guest's heap: power-of-two size classes with free lists over memory that only grows.
//!
//! A stage's instance is either used once or kept for thousands of events, so freed blocks must be found again
//! (a bump allocator that is reset between calls would break any value the guest keeps in a static). One list per
//! class makes both operations a handful of instructions and the whole allocator a few hundred bytes of code;
//! the price is rounding up to a power of two.

#![allow(unsafe_code)] // an allocator hands out raw memory
#![cfg_attr(not(all(target_arch = "wasm32", feature = "allocator")), allow(dead_code))]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

/// Smallest block: room for the free list's link, and the largest alignment anyone asks for in practice.
const MIN_SHIFT: u32 = 4;
/// Classes from 16 bytes to 2 GiB.
const CLASSES: usize = 28;
/// Blocks are aligned to their size, up to this; a larger alignment is refused.
const MAX_ALIGN: usize = 4_096;

/// Where more memory comes from.
trait Source {
    /// At least `size` more bytes, aligned to 16, zeroed or not; their start and how many there are.
    /// Null when there is no more.
    fn more(&self, size: usize) -> (*mut u8, usize);
}

struct Lists {
    free: [*mut u8; CLASSES],
    /// Untouched memory: its start and its end.
    next: usize,
    end: usize,
}

struct Heap<S> {
    lists: UnsafeCell<Lists>,
    source: S,
}

impl<S> Heap<S> {
    const fn new(source: S) -> Self {
        Self { lists: UnsafeCell::new(Lists { free: [null_mut(); CLASSES], next: 0, end: 0 }), source }
    }
}

/// The class whose blocks hold `layout`, if any does: the smallest power of two that is neither below the size nor
/// below the alignment.
fn class_of(layout: Layout) -> Option<usize> {
    if layout.align() > MAX_ALIGN {
        return None;
    }
    let size = layout.size().max(layout.align()).max(1 << MIN_SHIFT).checked_next_power_of_two()?;
    let class = (size.trailing_zeros() - MIN_SHIFT) as usize;
    (class < CLASSES).then_some(class)
}

// SAFETY: blocks come from `Source` memory that nothing else uses, or from a free list, on which only blocks given
// back by `dealloc` stand; each has the class's size, and its start is a multiple of its size or of `MAX_ALIGN` (`carve` rounds up).
// No two threads meet: the instance on wasm32 has one, and tests use a heap from one thread only.
unsafe impl<S: Source> GlobalAlloc for Heap<S> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class_of(layout) else { return null_mut() };
        // SAFETY: no other reference to the lists is alive: there is one thread, and nothing below calls back.
        let lists = unsafe { &mut *self.lists.get() };
        let Some(head) = lists.free.get_mut(class) else { return null_mut() };
        if head.is_null() {
            return carve(lists, &self.source, 1 << (class as u32 + MIN_SHIFT));
        }
        let block = *head;
        // SAFETY: a block on a free list is at least 16 bytes, aligned to 16, and holds the link `dealloc` wrote.
        *head = unsafe { block.cast::<*mut u8>().read() };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = class_of(layout) else { return };
        // SAFETY: as in `alloc`.
        let lists = unsafe { &mut *self.lists.get() };
        let Some(head) = lists.free.get_mut(class) else { return };
        // SAFETY: the caller gives the block back, so its first bytes are ours; it is large and aligned enough.
        unsafe { block.cast::<*mut u8>().write(*head) };
        *head = block;
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Ok(wanted) = Layout::from_size_align(new_size, layout.align()) else { return null_mut() };
        if class_of(wanted) == class_of(layout) {
            return block; // grows inside its own block
        }
        // SAFETY: `wanted` is a valid layout of non-zero size, as the caller promises of `new_size`.
        let grown = unsafe { self.alloc(wanted) };
        if !grown.is_null() {
            // SAFETY: both blocks are live, distinct, and at least as long as the shorter size.
            unsafe { core::ptr::copy_nonoverlapping(block, grown, layout.size().min(new_size)) };
            // SAFETY: `block` came from this allocator with `layout`, and nobody uses it any more.
            unsafe { self.dealloc(block, layout) };
        }
        grown
    }
}

/// Cuts a block off the untouched memory. What alignment skips is lost: less than one block's size, and less than a page of 4 KiB, each time.
fn carve<S: Source>(lists: &mut Lists, source: &S, size: usize) -> *mut u8 {
    let align = size.min(MAX_ALIGN);
    let aligned = |from: usize| from.checked_next_multiple_of(align).and_then(|at| Some((at, at.checked_add(size)?)));
    if let Some((at, end)) = aligned(lists.next)
        && lists.next != 0
        && end <= lists.end
    {
        lists.next = end;
        return at as *mut u8;
    }
    let (start, got) = source.more(size.saturating_add(align));
    if start.is_null() {
        return null_mut();
    }
    let start = start as usize;
    if start != lists.end {
        lists.next = start; // not adjoining: the rest of the old piece is given up
    }
    lists.end = start.saturating_add(got);
    match aligned(lists.next) {
        Some((at, end)) if end <= lists.end => {
            lists.next = end;
            at as *mut u8
        }
        _ => null_mut(),
    }
}

#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
mod guest {
    use super::{Heap, Source};

    /// Linear memory, grown by whole pages.
    struct Pages;

    impl Source for Pages {
        fn more(&self, size: usize) -> (*mut u8, usize) {
            const PAGE: usize = 65_536;
            let pages = size.div_ceil(PAGE);
            match core::arch::wasm32::memory_grow(0, pages) {
                usize::MAX => (core::ptr::null_mut(), 0),
                before => ((before * PAGE) as *mut u8, pages * PAGE),
            }
        }
    }

    // SAFETY: an instance of a module without the threads proposal has one thread.
    unsafe impl Sync for Heap<Pages> {}

    #[global_allocator]
    static HEAP: Heap<Pages> = Heap::new(Pages);
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;
    use std::vec::Vec;

    /// Memory from the test's own allocator, aligned to 64 KiB and never freed; counts what was asked.
    struct Leaked(Cell<usize>);

    impl Source for Leaked {
        fn more(&self, size: usize) -> (*mut u8, usize) {
            let got = size.next_multiple_of(65_536);
            self.0.set(self.0.get() + got);
            let layout = Layout::from_size_align(got, 65_536).unwrap();
            // SAFETY: the layout has a size above 0.
            (unsafe { std::alloc::alloc(layout) }, got)
        }
    }

    #[test]
    fn blocks_are_aligned_apart_and_found_again() {
        let heap = Heap::new(Leaked(Cell::new(0)));
        let mut live: Vec<(usize, Layout)> = Vec::new();
        for round in 0..200usize {
            let layout = Layout::from_size_align(1 + round * 37 % 5_000, 1 << (round % 8)).unwrap();
            // SAFETY: the layout has a size above 0.
            let at = unsafe { heap.alloc(layout) } as usize;
            assert_ne!(at, 0);
            assert_eq!(at % layout.align(), 0);
            assert!(live.iter().all(|(other, with)| at + layout.size() <= *other || other + with.size() <= at));
            live.push((at, layout));
        }
        let grown = heap.source.0.get();
        for _ in 0..50 {
            for (at, layout) in &live {
                // SAFETY: each block is live, came from this heap with this layout, and is allocated again below.
                unsafe { heap.dealloc(*at as *mut u8, *layout) };
            }
            for (at, layout) in &mut live {
                // SAFETY: the layout has a size above 0.
                *at = unsafe { heap.alloc(*layout) } as usize;
            }
        }
        assert_eq!(heap.source.0.get(), grown, "reuse needs no more memory");
    }

    #[test]
    fn growing_in_place_keeps_the_block_and_beyond_it_the_bytes() {
        let heap = Heap::new(Leaked(Cell::new(0)));
        let layout = Layout::from_size_align(20, 1).unwrap();
        // SAFETY: sizes above 0; the block is live, of this heap, and used through the newest pointer only.
        unsafe {
            let block = heap.alloc(layout);
            block.write(7);
            assert_eq!(heap.realloc(block, layout, 32), block);
            let moved = heap.realloc(block, Layout::from_size_align(32, 1).unwrap(), 4_000);
            assert_ne!(moved, block);
            assert_eq!(moved.read(), 7);
        }
    }

    #[test]
    fn too_much_is_refused() {
        let heap = Heap::new(Leaked(Cell::new(0)));
        let huge = Layout::from_size_align(isize::MAX as usize, 1).unwrap();
        // SAFETY: the layout has a size above 0.
        assert!(unsafe { heap.alloc(huge) }.is_null());
    }
}
