//! Values, their types, and where they are.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

use ort_sys::{
    ONNXTensorElementDataType, ONNXType, ORT_API_VERSION, OrtAllocator, OrtAllocatorType, OrtMemType,
    OrtMemoryInfo, OrtSession, OrtTensorTypeAndShapeInfo, OrtTypeInfo, OrtValue,
};

use super::super::tensor::{Data, Kind, Tensor};
use super::{Info, Status, Value, fail, free, give, look, ok, put, slice};

/// The only kind of memory.
const MEMORY: &CStr = c"Cpu";

/// Elements that are only lent, as a vector of its own.
///
/// # Safety
/// `data` is null, or valid and aligned for so many bytes of `T`.
unsafe fn copied<T: Copy>(data: *mut c_void, bytes: usize) -> Vec<T> {
    // SAFETY: the caller's promise.
    unsafe { slice(data.cast_const().cast::<T>(), bytes / size_of::<T>()) }.to_vec()
}

pub(super) unsafe extern "system" fn CreateTensorWithDataAsOrtValue(
    _: *const OrtMemoryInfo,
    data: *mut c_void,
    bytes: usize,
    shape: *const i64,
    rank: usize,
    kind: ONNXTensorElementDataType,
    out: *mut *mut OrtValue,
) -> Status {
    let data = match kind {
        // SAFETY: as `ort` promises of slices: the data is of the type that it says.
        ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT => unsafe {
            Data::F32(copied(data, bytes))
        },
        // SAFETY: the same.
        ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 => unsafe {
            Data::I64(copied(data, bytes))
        },
        _ => return fail("only float and int64 can be fed"),
    };
    // SAFETY: as `ort` promises of slices.
    let shape = unsafe { slice(shape, rank) }.iter().map(|length| usize::try_from(*length).ok());
    let Some(shape) = shape.collect::<Option<Vec<_>>>() else { return fail("a negative dimension") };
    match Tensor::new("a value", shape, data) {
        // SAFETY: as `ort` promises of results.
        Ok(tensor) => unsafe { give(out, Value::new(tensor)) },
        Err(error) => fail(&error.to_string()),
    }
}

pub(super) unsafe extern "system" fn ReleaseValue(value: *mut OrtValue) {
    // SAFETY: such handles are `Value`s, and are released once.
    unsafe { free::<Value, _>(value) }
}

pub(super) unsafe extern "system" fn IsTensor(_: *const OrtValue, out: *mut c_int) -> Status {
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, 1) }
}

pub(super) unsafe extern "system" fn GetTensorMutableData(
    value: *mut OrtValue,
    out: *mut *mut c_void,
) -> Status {
    // SAFETY: as `ort` promises of handles.
    let data = unsafe { look::<Value, _>(value) }.map(|value| value.data).filter(|data| !data.is_null());
    match data {
        // SAFETY: as `ort` promises of results.
        Some(data) => unsafe { put(out, data) },
        None => fail("no value, or bytes"),
    }
}

/// Type and shape of a value.
///
/// # Safety
/// `value` is null or a value's handle.
unsafe fn info(value: *const OrtValue) -> Option<Info> {
    // SAFETY: the caller's promise.
    let Value { tensor, .. } = unsafe { look::<Value, _>(value) }?;
    let shape = tensor.shape().iter().map(|length| i64::try_from(*length).ok()).collect::<Option<_>>()?;
    Some(Info { kind: tensor.kind(), shape })
}

pub(super) unsafe extern "system" fn GetTypeInfo(
    value: *const OrtValue,
    out: *mut *mut OrtTypeInfo,
) -> Status {
    // SAFETY: as `ort` promises of handles and results.
    unsafe { info(value).map_or_else(|| fail("no value"), |info| give(out, info)) }
}

pub(super) unsafe extern "system" fn GetTensorTypeAndShape(
    value: *const OrtValue,
    out: *mut *mut OrtTensorTypeAndShapeInfo,
) -> Status {
    // SAFETY: as `ort` promises of handles and results.
    unsafe { info(value).map_or_else(|| fail("no value"), |info| give(out, info)) }
}

pub(super) unsafe extern "system" fn ReleaseTypeInfo(info: *mut OrtTypeInfo) {
    // SAFETY: such handles are `Info`s, and are released once.
    unsafe { free::<Info, _>(info) }
}

pub(super) unsafe extern "system" fn ReleaseTensorTypeAndShapeInfo(info: *mut OrtTensorTypeAndShapeInfo) {
    // SAFETY: such handles are `Info`s, and are released once, if they were not got by a cast.
    unsafe { free::<Info, _>(info) }
}

pub(super) unsafe extern "system" fn GetOnnxTypeFromTypeInfo(
    _: *const OrtTypeInfo,
    out: *mut ONNXType,
) -> Status {
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, ONNXType::ONNX_TYPE_TENSOR) }
}

pub(super) unsafe extern "system" fn CastTypeInfoToTensorInfo(
    info: *const OrtTypeInfo,
    out: *mut *const OrtTensorTypeAndShapeInfo,
) -> Status {
    // Both are `Info`s, and the new handle is only valid as long as the old one.
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, info.cast()) }
}

pub(super) unsafe extern "system" fn GetTensorElementType(
    info: *const OrtTensorTypeAndShapeInfo,
    out: *mut ONNXTensorElementDataType,
) -> Status {
    // SAFETY: such handles are `Info`s, which nobody changes.
    let Some(info) = (unsafe { look::<Info, _>(info) }) else { return fail("no type") };
    let kind = match info.kind {
        Kind::F32 => ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
        Kind::U8 => ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,
        Kind::I8 => ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8,
        Kind::I32 => ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,
        Kind::I64 => ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,
    };
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, kind) }
}

pub(super) unsafe extern "system" fn GetDimensionsCount(
    info: *const OrtTensorTypeAndShapeInfo,
    out: *mut usize,
) -> Status {
    // SAFETY: such handles are `Info`s, which nobody changes.
    let Some(info) = (unsafe { look::<Info, _>(info) }) else { return fail("no type") };
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, info.shape.len()) }
}

pub(super) unsafe extern "system" fn GetDimensions(
    info: *const OrtTensorTypeAndShapeInfo,
    out: *mut i64,
    most: usize,
) -> Status {
    // SAFETY: such handles are `Info`s, which nobody changes.
    let Some(info) = (unsafe { look::<Info, _>(info) }) else { return fail("no type") };
    if out.is_null() {
        return fail("no place for the result");
    }
    for (at, length) in info.shape.iter().take(most).enumerate() {
        // SAFETY: as `ort` promises of slices: there is place for `most`, and `at` is below it.
        unsafe { out.add(at).write(*length) };
    }
    ok()
}

pub(super) unsafe extern "system" fn GetSymbolicDimensions(
    _: *const OrtTensorTypeAndShapeInfo,
    out: *mut *const c_char,
    count: usize,
) -> Status {
    if out.is_null() {
        return fail("no place for the result");
    }
    for at in 0..count {
        // SAFETY: as `ort` promises of slices: there is place for `count`, and `at` is below it.
        unsafe { out.add(at).write(c"".as_ptr()) };
    }
    ok()
}

// Memory. Only names are given out as memory, so that only they come back; a kind of memory is always the same.

unsafe extern "system" fn allocate(_: *mut OrtAllocator, _: usize) -> *mut c_void {
    ptr::null_mut()
}

unsafe extern "system" fn release(_: *mut OrtAllocator, memory: *mut c_void) {
    if !memory.is_null() {
        // SAFETY: all that was given out is names, from `CString::into_raw`, and each comes back once, unchanged.
        drop(unsafe { CString::from_raw(memory.cast()) });
    }
}

unsafe extern "system" fn memory(_: *const OrtAllocator) -> *const OrtMemoryInfo {
    ptr::dangling()
}

struct Allocator(OrtAllocator);

// SAFETY: it is never written to, and its functions may be called from anywhere.
unsafe impl Sync for Allocator {}

static ALLOCATOR: Allocator = Allocator(OrtAllocator {
    version: ORT_API_VERSION,
    Alloc: Some(allocate),
    Free: Some(release),
    Info: Some(memory),
    Reserve: None,
});

pub(super) unsafe extern "system" fn GetAllocatorWithDefaultOptions(out: *mut *mut OrtAllocator) -> Status {
    // SAFETY: as `ort` promises of results; and it reads an allocator, never writes to one.
    unsafe { put(out, (&raw const ALLOCATOR.0).cast_mut()) }
}

pub(super) unsafe extern "system" fn CreateAllocator(
    _: *const OrtSession,
    _: *const OrtMemoryInfo,
    out: *mut *mut OrtAllocator,
) -> Status {
    // SAFETY: as for the default one.
    unsafe { GetAllocatorWithDefaultOptions(out) }
}

pub(super) unsafe extern "system" fn CreateMemoryInfo(
    name: *const c_char,
    _: OrtAllocatorType,
    _: c_int,
    _: OrtMemType,
    out: *mut *mut OrtMemoryInfo,
) -> Status {
    // SAFETY: as `ort` promises, a name is null or a C string.
    if name.is_null() || unsafe { CStr::from_ptr(name) } != MEMORY {
        return fail("there is no memory but the processor's");
    }
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, ptr::dangling_mut()) }
}

pub(super) unsafe extern "system" fn GetTensorMemoryInfo(
    _: *const OrtValue,
    out: *mut *const OrtMemoryInfo,
) -> Status {
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, ptr::dangling()) }
}

pub(super) unsafe extern "system" fn MemoryInfoGetName(
    _: *const OrtMemoryInfo,
    out: *mut *const c_char,
) -> Status {
    // SAFETY: as `ort` promises of results; the name is static.
    unsafe { put(out, MEMORY.as_ptr()) }
}

pub(super) unsafe extern "system" fn MemoryInfoGetId(_: *const OrtMemoryInfo, out: *mut c_int) -> Status {
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, 0) }
}

pub(super) unsafe extern "system" fn MemoryInfoGetMemType(
    _: *const OrtMemoryInfo,
    out: *mut OrtMemType,
) -> Status {
    // SAFETY: as `ort` promises of results.
    unsafe { put(out, OrtMemType::OrtMemTypeDefault) }
}

pub(super) unsafe extern "system" fn CompareMemoryInfo(
    _: *const OrtMemoryInfo,
    _: *const OrtMemoryInfo,
    out: *mut c_int,
) -> Status {
    // SAFETY: as `ort` promises of results; 0 means equal.
    unsafe { put(out, 0) }
}
