//! loss/log-cosh in Rust: a component with a gradient of its own, over the C ABI alone. `build.sh` builds it.
mod gistmill;

use gistmill::*;
use std::ffi::CStr;
use std::os::raw::{c_char, c_void};

struct LogCosh {
    width: f64,
}

/// What a forward keeps for its vjp.
struct Tape {
    gist: Tensor,
}

impl LogCosh {
    /// log(cosh(x)) = |x| + log(1 + exp(-2 |x|)) - log(2), which does not overflow.
    fn value(&self, gist: &Tensor) -> f32 {
        let values = gist.values();
        let sum: f64 = values
            .iter()
            .map(|x| (f64::from(*x) / self.width).abs())
            .map(|x| x + (-2.0 * x).exp().ln_1p() - std::f64::consts::LN_2)
            .sum();
        (sum / values.len().max(1) as f64) as f32
    }

    /// d loss / dx = tanh(x / width) / width / size, times the gradient of the loss.
    fn gradient(&self, gist: &Tensor, of_loss: f32) -> Tensor {
        let values = gist.values();
        let factor = f64::from(of_loss) / self.width / values.len().max(1) as f64;
        let result = values.iter().map(|x| (factor * (f64::from(*x) / self.width).tanh()) as f32).collect();
        Tensor::new(result, gist.shape())
    }
}

extern "C" fn count() -> u32 {
    1
}

extern "C" fn describe(index: u32) -> *const ComponentInfo {
    if index == 0 {
        &COMPONENT.0
    } else {
        std::ptr::null()
    }
}

extern "C" fn create(
    _host: *const Host,
    _component: *const c_char,
    options: *const Options,
    out: *mut *mut c_void,
    error: *mut Error,
) -> Status {
    guarded(error, || {
        let made = LogCosh { width: unsafe { &*options }.number("width") };
        unsafe { *out = Box::into_raw(Box::new(made)).cast() };
        OK
    })
}

extern "C" fn destroy(instance: *mut c_void) {
    drop(unsafe { Box::from_raw(instance.cast::<LogCosh>()) });
}

extern "C" fn start(_instance: *mut c_void, _start: *const Start, _error: *mut Error) -> Status {
    OK
}

extern "C" fn forward(
    instance: *mut c_void,
    _operation: u32,
    call: *const Call,
    inputs: *mut Value,
    _n: u32,
    outputs: *mut Value,
    _m: u32,
    tape: *mut *mut c_void,
) -> Status {
    guarded(unsafe { (*call).error }, || {
        let gist = unsafe { Tensor::take((*inputs).tensor) }.expect("gist is missing");
        let loss = unsafe { &*instance.cast::<LogCosh>() }.value(&gist);
        if !tape.is_null() {
            unsafe { *tape = Box::into_raw(Box::new(Tape { gist })).cast() };
        }
        unsafe { *outputs = Value { kind: VALUE_TENSOR, reserved: 0, tensor: Tensor::new(vec![loss], &[]).give() } };
        OK
    })
}

extern "C" fn vjp(
    instance: *mut c_void,
    _operation: u32,
    call: *const Call,
    tape: *mut c_void,
    grad_outputs: *mut *mut RawTensor,
    _m: u32,
    grad_inputs: *mut *mut RawTensor,
    _n: u32,
) -> Status {
    guarded(unsafe { (*call).error }, || {
        let of_loss = unsafe { Tensor::take(*grad_outputs) };
        let needed = unsafe { *(*call).need } != 0;
        if let (Some(of_loss), true) = (of_loss, needed) {
            let kept = unsafe { &*tape.cast::<Tape>() };
            let instance = unsafe { &*instance.cast::<LogCosh>() };
            unsafe { *grad_inputs = instance.gradient(&kept.gist, of_loss.values()[0]).give() };
        }
        OK
    })
}

extern "C" fn tape_release(_instance: *mut c_void, tape: *mut c_void) {
    drop(unsafe { Box::from_raw(tape.cast::<Tape>()) });
}

extern "C" fn get_interface(id: *const c_char) -> *const c_void {
    if unsafe { CStr::from_ptr(id) }.to_bytes() == b"gm.component/1" {
        (&INTERFACE as *const ComponentInterface).cast()
    } else {
        std::ptr::null()
    }
}

const fn text(bytes: &'static [u8]) -> *const c_char {
    bytes.as_ptr().cast()
}

static OPERATION: Shared<OperationInfo> = Shared(OperationInfo {
    struct_size: std::mem::size_of::<OperationInfo>() as u32,
    name: text(b"value\0"),
    input_count: 1,
    output_count: 1,
    has_vjp: 1,
});
static OPERATIONS: Shared<[*const OperationInfo; 1]> = Shared([&OPERATION.0]);
static COMPONENT: Shared<ComponentInfo> = Shared(ComponentInfo {
    struct_size: std::mem::size_of::<ComponentInfo>() as u32,
    name: text(b"loss/log-cosh\0"),
    operation_count: 1,
    operations: &OPERATIONS.0 as *const _,
});
static INTERFACE: ComponentInterface = ComponentInterface {
    struct_size: std::mem::size_of::<ComponentInterface>() as u32,
    count,
    describe,
    create,
    destroy,
    start,
    forward,
    vjp,
    tape_release,
    extension: None,
};

/// plugin.toml, its [build] table and a zero byte, which build.sh puts together; the host reads the section.
#[link_section = ".gistmill"]
#[used]
static MANIFEST: [u8; include_bytes!(env!("GISTMILL_MANIFEST")).len()] = *include_bytes!(env!("GISTMILL_MANIFEST"));

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static gm_plugin: Shared<Entry> = Shared(Entry {
    struct_size: std::mem::size_of::<Entry>() as u32,
    abi_major: ABI_MAJOR,
    abi_minor: ABI_MINOR,
    abi_minor_required: 0,
    manifest: &MANIFEST as *const _ as *const c_char,
    init: None,
    get_interface,
});
