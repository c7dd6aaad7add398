//! What `ort` calls: its table of C functions, over `Graph`. What is not here answers "not implemented", which is the
//! default of `ort-sys`; so are all functions that release what nothing was allocated for.
//!
//! # Why this is sound
//! But for one call in `operators/kernel/avx2.rs`, this is the only module with `unsafe`. `ort` promises of its calls that
//! - a pointer to write a result to is valid for that, or null, which is checked;
//! - a pointer and a length are a valid slice for as long as the call takes;
//! - a handle is one that a function here gave out, of the kind that its type says, and is released at most once, after its
//!   last use; a value whose data is changed is not used by another call at the same time.
//!
//! A handle is a `Box` of a Rust type (a session: `Graph`, a value: [`Value`], a type: [`Info`]), or, where there is
//! nothing to keep (environment, options, kinds of memory), a dangling pointer that nobody follows. Nothing here panics,
//! keeps what it borrows, or hands out memory that it shares.
#![allow(unsafe_code, reason = "the functions of a C interface")]
#![allow(non_snake_case, reason = "the names of that interface")]

mod sessions;
mod values;

use std::ffi::{c_char, c_void};
use std::ptr;

use ort_sys::*;

use super::tensor::{Data, Kind, Tensor};
pub(super) use sessions::{offer, withdraw};

type Status = OrtStatusPtr;

/// Element type and shape, of a value or of an input or output.
struct Info {
    kind: Kind,
    shape: Vec<i64>,
}

/// A tensor, and where its elements may be changed. That place is found once, while nobody else has the tensor, because
/// `ort` asks for it from several sides at a time, also just to read.
struct Value {
    tensor: Tensor,
    /// Null for bytes, which may be shared with the file.
    data: *mut c_void,
}

impl Value {
    fn new(mut tensor: Tensor) -> Self {
        let data = match tensor.data_mut() {
            Data::F32(values) => values.as_mut_ptr().cast(),
            Data::I64(values) => values.as_mut_ptr().cast(),
            Data::I32(values) => values.as_mut_ptr().cast(),
            Data::U8(_) | Data::I8(_) => ptr::null_mut(),
        };
        Self { tensor, data }
    }
}

fn ok() -> Status {
    Status::default()
}

fn fail(message: &str) -> Status {
    // A NUL would end the text in C, and is refused by `ort-sys` with a panic.
    stub::Error::new_sys(OrtErrorCode::ORT_FAIL, message.replace('\0', " "))
}

/// Writes a result.
///
/// # Safety
/// `out` is null or valid for a write.
unsafe fn put<T>(out: *mut T, value: T) -> Status {
    if out.is_null() {
        return fail("no place for the result");
    }
    // SAFETY: it is not null, so valid for a write.
    unsafe { out.write(value) };
    ok()
}

/// Writes a result that the caller has to release.
///
/// # Safety
/// As for [`put`].
unsafe fn give<T, Handle>(out: *mut *mut Handle, value: T) -> Status {
    if out.is_null() {
        return fail("no place for the result");
    }
    // SAFETY: the same promise.
    unsafe { put(out, Box::into_raw(Box::new(value)).cast()) }
}

/// Frees what [`give`] gave.
///
/// # Safety
/// `handle` is null, or from [`give`] with this `T` and not yet freed.
unsafe fn free<T, Handle>(handle: *mut Handle) {
    if !handle.is_null() {
        // SAFETY: it is the pointer of a box of that type, whose only owner we become.
        drop(unsafe { Box::from_raw(handle.cast::<T>()) });
    }
}

/// What a handle stands for.
///
/// # Safety
/// `handle` is null, or from [`give`] with this `T` and not freed while `'a` lasts, and nobody changes it meanwhile.
unsafe fn look<'a, T, Handle>(handle: *const Handle) -> Option<&'a T> {
    // SAFETY: a box's pointer is aligned and valid; no one writes to it.
    unsafe { handle.cast::<T>().as_ref() }
}

/// A slice that is only lent.
///
/// # Safety
/// `first` is null, or valid for `count` elements while `'a` lasts.
unsafe fn slice<'a, T>(first: *const T, count: usize) -> &'a [T] {
    if first.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: it is not null, so valid for that.
    unsafe { std::slice::from_raw_parts(first, count) }
}

// Environment and options: nothing is kept, so that they have nothing to release.

unsafe extern "system" fn CreateEnv(_: OrtLoggingLevel, _: *const c_char, out: *mut *mut OrtEnv) -> Status {
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, ptr::dangling_mut()) }
}

unsafe extern "system" fn CreateSessionOptions(out: *mut *mut OrtSessionOptions) -> Status {
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, ptr::dangling_mut()) }
}

unsafe extern "system" fn CloneSessionOptions(
    _: *const OrtSessionOptions,
    out: *mut *mut OrtSessionOptions,
) -> Status {
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, ptr::dangling_mut()) }
}

unsafe extern "system" fn CreateRunOptions(out: *mut *mut OrtRunOptions) -> Status {
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, ptr::dangling_mut()) }
}

/// The whole table. A constant, so that it is data: as a function it would be filled in one by one.
pub(super) const API: OrtApi = OrtApi {
    CreateEnv,
    CreateSessionOptions,
    CloneSessionOptions,
    CreateRunOptions,
    CreateSessionFromArray: sessions::CreateSessionFromArray,
    ReleaseSession: sessions::ReleaseSession,
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    Run: sessions::Run,
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    RunAsync: sessions::RunAsync,
    SessionGetInputCount: sessions::SessionGetInputCount,
    SessionGetOutputCount: sessions::SessionGetOutputCount,
    SessionGetOverridableInitializerCount: sessions::SessionGetOverridableInitializerCount,
    SessionGetInputName: sessions::SessionGetInputName,
    SessionGetOutputName: sessions::SessionGetOutputName,
    SessionGetInputTypeInfo: sessions::SessionGetInputTypeInfo,
    SessionGetOutputTypeInfo: sessions::SessionGetOutputTypeInfo,
    CreateTensorWithDataAsOrtValue: values::CreateTensorWithDataAsOrtValue,
    ReleaseValue: values::ReleaseValue,
    IsTensor: values::IsTensor,
    GetTensorMutableData: values::GetTensorMutableData,
    GetTypeInfo: values::GetTypeInfo,
    ReleaseTypeInfo: values::ReleaseTypeInfo,
    GetOnnxTypeFromTypeInfo: values::GetOnnxTypeFromTypeInfo,
    CastTypeInfoToTensorInfo: values::CastTypeInfoToTensorInfo,
    GetTensorTypeAndShape: values::GetTensorTypeAndShape,
    ReleaseTensorTypeAndShapeInfo: values::ReleaseTensorTypeAndShapeInfo,
    GetTensorElementType: values::GetTensorElementType,
    GetDimensionsCount: values::GetDimensionsCount,
    GetDimensions: values::GetDimensions,
    GetSymbolicDimensions: values::GetSymbolicDimensions,
    GetAllocatorWithDefaultOptions: values::GetAllocatorWithDefaultOptions,
    CreateAllocator: values::CreateAllocator,
    CreateMemoryInfo: values::CreateMemoryInfo,
    GetTensorMemoryInfo: values::GetTensorMemoryInfo,
    MemoryInfoGetName: values::MemoryInfoGetName,
    MemoryInfoGetId: values::MemoryInfoGetId,
    MemoryInfoGetMemType: values::MemoryInfoGetMemType,
    CompareMemoryInfo: values::CompareMemoryInfo,
    ..stub::api()
};
