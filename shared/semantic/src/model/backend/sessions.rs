//! Sessions: a graph each.

use std::cell::RefCell;
use std::ffi::{CString, c_char};

use super::super::graph::Graph;
use super::super::onnx::Slot;
use super::super::room::Room;
use super::{
    Info, OrtAllocator, OrtEnv, OrtRunOptions, OrtSession, OrtSessionOptions, OrtTypeInfo, OrtValue,
};
use super::{Status, Value, fail, free, give, look, ok, put};

thread_local! {
    static OFFERED: RefCell<Option<Graph>> = const { RefCell::new(None) };
}

// `ort` says of its sessions that they may go to other threads and be seen from them.
const _: () = {
    const fn goes_anywhere<T: Send + Sync>() {}
    goes_anywhere::<Graph>();
};

/// Lays a graph ready for the next session that this thread makes of an empty file. That is how a session takes over a
/// graph: a file that `ort` passes is only lent, so that its weights would have to be copied.
pub(in super::super) fn offer(graph: Graph) {
    OFFERED.set(Some(graph));
}

/// Drops a graph that no session took.
pub(in super::super) fn withdraw() {
    OFFERED.take();
}

pub(super) use calls::*;

/// A session for the graph that was offered, or for that of a file.
///
/// # Safety
/// As for [`put`].
unsafe fn open(file: &[u8], out: *mut *mut OrtSession) -> Status {
    let graph = match OFFERED.take() {
        Some(graph) if file.is_empty() => Ok(graph),
        _ => Graph::read(file.to_vec()),
    };
    match graph {
        // SAFETY: the caller's promise.
        Ok(graph) => unsafe { give(out, graph) },
        Err(error) => fail(&error.to_string()),
    }
}

pub(super) unsafe extern "system" fn ReleaseSession(session: *mut OrtSession) {
    // SAFETY: sessions are graphs, and are released once.
    unsafe { free::<Graph, _>(session) }
}

/// Runs a session.
///
/// # Safety
/// `session` is null or from [`open`]; `values` are null or from [`give`], as [`Value`]s.
unsafe fn run(
    session: *const OrtSession,
    names: &[&str],
    values: &[*const OrtValue],
    wanted: &[&str],
    outputs: &mut [*mut OrtValue],
) -> Status {
    // SAFETY: sessions are graphs, which nobody ever changes.
    let Some(graph) = (unsafe { look::<Graph, _>(session) }) else { return fail("no session") };
    let mut feed = Vec::with_capacity(values.len());
    for (name, value) in names.iter().zip(values) {
        // SAFETY: the caller's promise; nobody changes them during the call.
        let Some(value) = (unsafe { look::<Value, _>(*value) }) else { return fail("no value") };
        feed.push((*name, &value.tensor));
    }
    let place = |wanted: &&str| graph.outputs().iter().position(|slot| slot.name == **wanted);
    let Some(places) = wanted.iter().map(place).collect::<Option<Vec<_>>>() else {
        return fail("no such output");
    };
    if outputs.len() != wanted.len() || outputs.iter().any(|output| !output.is_null()) {
        return fail("outputs cannot be given");
    }
    let made = match graph.run(&feed, Room::new(false)) {
        Ok(made) => made,
        Err(error) => return fail(&error.to_string()),
    };
    for (output, at) in outputs.iter_mut().zip(places) {
        let Some(tensor) = made.get(at) else { return fail("no such output") };
        *output = Box::into_raw(Box::new(Value::new(tensor.clone()))).cast();
    }
    ok()
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod calls {
    //! The calls that differ by target: here they return when they are done.
    use std::ffi::{CStr, c_char, c_void};

    use super::super::slice;
    use super::*;

    pub(in super::super) unsafe extern "system" fn CreateSessionFromArray(
        _: *const OrtEnv,
        file: *const c_void,
        length: usize,
        _: *const OrtSessionOptions,
        out: *mut *mut OrtSession,
    ) -> Status {
        // SAFETY: as `ort` promises of slices and results.
        unsafe { open(slice(file.cast(), length), out) }
    }

    pub(in super::super) unsafe extern "system" fn Run(
        session: *mut OrtSession,
        _: *const OrtRunOptions,
        names: *const *const c_char,
        values: *const *const OrtValue,
        count: usize,
        wanted: *const *const c_char,
        count_wanted: usize,
        outputs: *mut *mut OrtValue,
    ) -> Status {
        // SAFETY: as `ort` promises of slices: arrays of C strings, which end with NUL and outlive the call.
        let (names, wanted) = unsafe { (texts(names, count), texts(wanted, count_wanted)) };
        let (Some(names), Some(wanted), false) = (names, wanted, outputs.is_null()) else {
            return fail("an argument is missing or no UTF-8");
        };
        // SAFETY: the same, of the arrays of values; the outputs' is not null, and ours alone during the call.
        unsafe {
            let outputs = std::slice::from_raw_parts_mut(outputs, count_wanted);
            run(session, &names, slice(values, count), &wanted, outputs)
        }
    }

    /// C strings as Rust's.
    ///
    /// # Safety
    /// As for [`slice`]; each pointer is null or a C string that is valid while `'a` lasts.
    unsafe fn texts<'a>(first: *const *const c_char, count: usize) -> Option<Vec<&'a str>> {
        // SAFETY: the caller's promise.
        let pointers = unsafe { slice(first, count) };
        let text = |text: &*const c_char| {
            // SAFETY: it is not null, so a C string.
            (!text.is_null()).then(|| unsafe { CStr::from_ptr(*text) }.to_str().ok()).flatten()
        };
        pointers.iter().map(text).collect()
    }
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod calls {
    //! The calls that differ by target: here they return a future, which is ready at once.
    use super::*;

    type Later = std::pin::Pin<Box<dyn Future<Output = Status>>>;

    pub(in super::super) unsafe fn CreateSessionFromArray(
        _: *const OrtEnv,
        file: &[u8],
        _: *const OrtSessionOptions,
        out: *mut *mut OrtSession,
    ) -> Later {
        // SAFETY: as `ort` promises of results. `out` is used now, not when the future is polled.
        let status = unsafe { open(file, out) };
        Box::pin(std::future::ready(status))
    }

    pub(in super::super) unsafe fn RunAsync(
        session: *mut OrtSession,
        _: *const OrtRunOptions,
        names: &[&str],
        values: &[*const OrtValue],
        wanted: &[&str],
        outputs: &mut [*mut OrtValue],
    ) -> Later {
        // SAFETY: as `ort` promises of handles. All is used now, not when the future is polled.
        let status = unsafe { run(session, names, values, wanted, outputs) };
        Box::pin(std::future::ready(status))
    }
}

/// The inputs or outputs of a session.
///
/// # Safety
/// `session` is null or from [`open`].
unsafe fn slots<'a>(session: *const OrtSession, outputs: bool) -> &'a [Slot] {
    // SAFETY: sessions are graphs, which nobody ever changes.
    let graph = unsafe { look::<Graph, _>(session) };
    graph.map_or(&[], |graph| if outputs { graph.outputs() } else { graph.inputs() })
}

/// Gives out a name, as a C string that the allocator frees.
///
/// # Safety
/// As for [`put`].
unsafe fn name(slot: Option<&Slot>, out: *mut *mut c_char) -> Status {
    let Some(name) = slot.and_then(|slot| CString::new(slot.name.as_str()).ok()) else {
        return fail("no such input or output");
    };
    if out.is_null() {
        return fail("no place for the result");
    }
    // SAFETY: the caller's promise.
    unsafe { put(out, name.into_raw()) }
}

/// Gives out a type.
///
/// # Safety
/// As for [`put`].
unsafe fn kind_of(slot: Option<&Slot>, out: *mut *mut OrtTypeInfo) -> Status {
    match slot {
        // SAFETY: the caller's promise.
        Some(slot) => unsafe { give(out, Info { kind: slot.kind, shape: slot.shape.clone() }) },
        None => fail("no such input or output"),
    }
}

pub(super) unsafe extern "system" fn SessionGetInputCount(
    session: *const OrtSession,
    out: *mut usize,
) -> Status {
    // SAFETY: as `ort` promises of handles and results.
    unsafe { put(out, slots(session, false).len()) }
}

pub(super) unsafe extern "system" fn SessionGetOutputCount(
    session: *const OrtSession,
    out: *mut usize,
) -> Status {
    // SAFETY: as `ort` promises of handles and results.
    unsafe { put(out, slots(session, true).len()) }
}

pub(super) unsafe extern "system" fn SessionGetOverridableInitializerCount(
    _: *const OrtSession,
    out: *mut usize,
) -> Status {
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, 0) }
}

pub(super) unsafe extern "system" fn SessionGetInputName(
    session: *const OrtSession,
    at: usize,
    _: *mut OrtAllocator,
    out: *mut *mut c_char,
) -> Status {
    // SAFETY: as `ort` promises of handles and results.
    unsafe { name(slots(session, false).get(at), out) }
}

pub(super) unsafe extern "system" fn SessionGetOutputName(
    session: *const OrtSession,
    at: usize,
    _: *mut OrtAllocator,
    out: *mut *mut c_char,
) -> Status {
    // SAFETY: as `ort` promises of handles and results.
    unsafe { name(slots(session, true).get(at), out) }
}

pub(super) unsafe extern "system" fn SessionGetInputTypeInfo(
    session: *const OrtSession,
    at: usize,
    out: *mut *mut OrtTypeInfo,
) -> Status {
    // SAFETY: as `ort` promises of handles and results.
    unsafe { kind_of(slots(session, false).get(at), out) }
}

pub(super) unsafe extern "system" fn SessionGetOutputTypeInfo(
    session: *const OrtSession,
    at: usize,
    out: *mut *mut OrtTypeInfo,
) -> Status {
    // SAFETY: as `ort` promises of handles and results.
    unsafe { kind_of(slots(session, true).get(at), out) }
}
