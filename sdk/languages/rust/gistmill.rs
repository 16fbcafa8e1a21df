//! The part of Gistmill's C ABI that a component without parameters needs, for Rust: `types.h`, `tensor.h`, `component.h`
//! and `entry.h`, field by field and in their order. The comments there say who owns what, and on which thread a function
//! is called; `docs/abi.md` says how the ABI changes. No crates.
#![allow(dead_code)]

use std::ffi::CStr;
use std::os::raw::{c_char, c_void};

pub const ABI_MAJOR: u32 = 2;
pub const ABI_MINOR: u32 = 0;

pub type Status = i32;
pub const OK: Status = 0;
pub const ERROR_USER: Status = 2;
pub const ERROR_INTERNAL: Status = 5;
pub const ERROR_MISUSE: Status = 6;

pub const VALUE_TENSOR: u32 = 1;
const FLOAT: u8 = 2;
const CPU: i32 = 1;

#[repr(C)]
pub struct Error {
    pub struct_size: u32,
    pub context: *mut c_void,
    pub set: extern "C" fn(*mut Error, Status, *const c_char, *const c_char),
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Dtype {
    pub code: u8,
    pub bits: u8,
    pub lanes: u16,
}

/// DLPack 1.x's `DLManagedTensorVersioned`.
#[repr(C)]
pub struct RawTensor {
    pub major: u32,
    pub minor: u32,
    pub manager: *mut c_void,
    pub deleter: Option<extern "C" fn(*mut RawTensor)>,
    pub flags: u64,
    pub data: *mut c_void,
    pub device_type: i32,
    pub device_id: i32,
    pub ndim: i32,
    pub dtype: Dtype,
    pub shape: *mut i64,
    pub strides: *mut i64,
    pub byte_offset: u64,
}

#[repr(C)]
pub struct Value {
    pub kind: u32,
    pub reserved: u32,
    pub tensor: *mut RawTensor, // or an object, by kind
}

#[repr(C)]
pub struct GivenOption {
    pub struct_size: u32,
    pub kind: u32,
    pub key: *const c_char,
    pub integer: i64,
    pub number: f64,
    pub boolean: i32,
    pub string: *const c_char,
    pub count: u32,
    pub integers: *const i64,
    pub numbers: *const f64,
    pub strings: *const *const c_char,
}

#[repr(C)]
pub struct Options {
    pub struct_size: u32,
    pub count: u32,
    pub items: *const *const GivenOption,
}

impl Options {
    /// A number that the manifest declares; the host has checked its range and filled in its default.
    pub fn number(&self, key: &str) -> f64 {
        (0..self.count as usize)
            .map(|i| unsafe { &**self.items.add(i) })
            .find(|option| unsafe { CStr::from_ptr(option.key) }.to_bytes() == key.as_bytes())
            .map(|option| option.number)
            .expect("an option that the manifest does not declare")
    }
}

#[repr(C)]
pub struct OperationInfo {
    pub struct_size: u32,
    pub name: *const c_char,
    pub input_count: u32,
    pub output_count: u32,
    pub has_vjp: u32,
}

#[repr(C)]
pub struct ComponentInfo {
    pub struct_size: u32,
    pub name: *const c_char,
    pub operation_count: u32,
    pub operations: *const *const OperationInfo,
}

#[repr(C)]
pub struct Symbol {
    pub name: *const c_char,
    pub value: i64,
}

#[repr(C)]
pub struct Start {
    pub struct_size: u32,
    pub symbol_count: u32,
    pub symbols: *const Symbol,
    pub seed: u64,
    pub device_type: i32,
    pub device_id: i32,
}

#[repr(C)]
pub struct Call {
    pub struct_size: u32,
    pub flags: u32,
    pub device_type: i32,
    pub device_id: i32,
    pub stream: *mut c_void,
    pub step: u64,
    pub micro_step: u64,
    pub parameter_generation: u64,
    pub random_key: u64,
    pub need: *const u8,
    pub cancel: *const i32,
    pub error: *mut Error,
    pub work: *mut c_void,
}

#[repr(C)]
pub struct ComponentInterface {
    pub struct_size: u32,
    pub count: extern "C" fn() -> u32,
    pub describe: extern "C" fn(u32) -> *const ComponentInfo,
    pub create: extern "C" fn(*const Host, *const c_char, *const Options, *mut *mut c_void, *mut Error) -> Status,
    pub destroy: extern "C" fn(*mut c_void),
    pub start: extern "C" fn(*mut c_void, *const Start, *mut Error) -> Status,
    pub forward:
        extern "C" fn(*mut c_void, u32, *const Call, *mut Value, u32, *mut Value, u32, *mut *mut c_void) -> Status,
    pub vjp: extern "C" fn(
        *mut c_void,
        u32,
        *const Call,
        *mut c_void,
        *mut *mut RawTensor,
        u32,
        *mut *mut RawTensor,
        u32,
    ) -> Status,
    pub tape_release: extern "C" fn(*mut c_void, *mut c_void),
    pub extension: Option<extern "C" fn(*mut c_void, *const c_char) -> *const c_void>,
}

#[repr(C)]
pub struct Host {
    pub struct_size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub version: *const c_char,
    pub log: extern "C" fn(i32, *const c_char, *const c_char),
}

#[repr(C)]
pub struct Entry {
    pub struct_size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub abi_minor_required: u32,
    pub manifest: *const c_char,
    pub init: Option<extern "C" fn(*const Host, *mut Error) -> Status>,
    pub get_interface: extern "C" fn(*const c_char) -> *const c_void,
}

/// A static that the C side reads holds pointers, which never change.
#[repr(transparent)]
pub struct Shared<T>(pub T);
unsafe impl<T> Sync for Shared<T> {}

/// A tensor that somebody gave: released when it is dropped.
pub struct Tensor(*mut RawTensor);

impl Tensor {
    /// # Safety
    /// `raw` is null, or a tensor that is given away by this call.
    pub unsafe fn take(raw: *mut RawTensor) -> Option<Tensor> {
        if raw.is_null() {
            None
        } else {
            Some(Tensor(raw))
        }
    }

    /// f32 of `shape`, in memory of its own.
    pub fn new(values: Vec<f32>, shape: &[i64]) -> Tensor {
        let mut strides = vec![1; shape.len()];
        for i in (1..shape.len()).rev() {
            strides[i - 1] = strides[i] * shape[i];
        }
        let mut kept = Box::new(Kept { values, shape: shape.to_vec(), strides });
        let raw = RawTensor {
            major: 1,
            minor: 0,
            manager: std::ptr::null_mut(),
            deleter: Some(free),
            flags: 0,
            data: kept.values.as_mut_ptr().cast(),
            device_type: CPU,
            device_id: 0,
            ndim: shape.len() as i32,
            dtype: Dtype { code: FLOAT, bits: 32, lanes: 1 },
            shape: kept.shape.as_mut_ptr(),
            strides: kept.strides.as_mut_ptr(),
            byte_offset: 0,
        };
        let raw = Box::into_raw(Box::new(raw));
        unsafe { (*raw).manager = Box::into_raw(kept).cast() };
        Tensor(raw)
    }

    pub fn shape(&self) -> &[i64] {
        let raw = unsafe { &*self.0 };
        if raw.ndim == 0 {
            &[]
        } else {
            unsafe { std::slice::from_raw_parts(raw.shape, raw.ndim as usize) }
        }
    }

    /// In row-major order, whatever the strides are.
    pub fn values(&self) -> Vec<f32> {
        let raw = unsafe { &*self.0 };
        assert!(raw.dtype.code == FLOAT && raw.dtype.bits == 32, "a tensor of another dtype than f32");
        let shape = self.shape();
        let count = shape.iter().product::<i64>();
        let first = unsafe { raw.data.cast::<u8>().add(raw.byte_offset as usize) }.cast::<f32>();
        (0..count)
            .map(|mut index| {
                let mut place = 0;
                for axis in (0..shape.len()).rev() {
                    place += index % shape[axis] * unsafe { *raw.strides.add(axis) };
                    index /= shape[axis];
                }
                unsafe { *first.offset(place as isize) }
            })
            .collect()
    }

    /// For the other side, which owns it from then on.
    pub fn give(self) -> *mut RawTensor {
        let raw = self.0;
        std::mem::forget(self);
        raw
    }
}

impl Drop for Tensor {
    fn drop(&mut self) {
        if let Some(deleter) = unsafe { (*self.0).deleter } {
            deleter(self.0);
        }
    }
}

struct Kept {
    values: Vec<f32>,
    shape: Vec<i64>,
    strides: Vec<i64>,
}

extern "C" fn free(raw: *mut RawTensor) {
    let raw = unsafe { Box::from_raw(raw) };
    drop(unsafe { Box::from_raw(raw.manager.cast::<Kept>()) });
}

/// Runs `body`; no panic crosses the ABI: it becomes an error with its message.
pub fn guarded(error: *mut Error, body: impl FnOnce() -> Status) -> Status {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)) {
        Ok(status) => status,
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()))
                .unwrap_or_else(|| "a panic".to_string());
            let message = std::ffi::CString::new(text.replace('\0', " ")).unwrap();
            unsafe { ((*error).set)(error, ERROR_INTERNAL, message.as_ptr(), std::ptr::null()) };
            ERROR_INTERNAL
        }
    }
}
