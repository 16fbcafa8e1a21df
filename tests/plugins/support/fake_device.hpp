// A device that every machine has: LibTorch's place for devices of others, named "fake", with its memory in
// main memory and the processor's kernels behind every operation. What it keeps of a real device is what code
// gets wrong: tensors of different devices do not mix in one operation, and a number that the program reads
// is counted as a wait. Linked into a test, or loaded beside the program (LD_PRELOAD); nothing has to be
// called.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace gistmill::test {

inline const c10::Device kFakeDevice = c10::Device(c10::DeviceType::PrivateUse1, 0);

// How often something came from the device to main memory so far, in this process.
std::int64_t fake_device_waits();

}  // namespace gistmill::test
