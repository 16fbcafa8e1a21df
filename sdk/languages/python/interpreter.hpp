// One Python interpreter for a plugin, as a guest in a process that knows nothing of it: it changes no
// locale, no signal handler, no environment, and holds its lock (the GIL) only within a call.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <gistmill/plugin.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace gistmill::python {

// Holds the lock while it lives; starts the interpreter at the first time. It is never ended: objects and
// threads of extension modules outlive what the plugin knows of. Any thread. Throws Error(GM_ERROR_INTERNAL)
// where it cannot start.
class Lock {
 public:
  Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

struct Release {
  void operator()(PyObject* object) const {
    const Lock lock;
    Py_DECREF(object);
  }
};
using Object = std::unique_ptr<PyObject, Release>;  // a reference of its own

// `object`, or the exception that is set, as Error(GM_ERROR_USER) with file, line and message; `key`: of the
// option. The lock is held.
Object expect(PyObject* object, const std::string& key);

// The text of a file. Throws Error(GM_ERROR_USER, .., "file") where it cannot be read.
std::string source_of(const std::string& path);

// What the statements of `source`, the text of the file at `path`, define. Throws Error(GM_ERROR_USER, ..,
// "file"). The lock is held.
Object run(const std::string& source, const std::string& path);

// SHA-256 in hexadecimal digits, by Python's hashlib. The lock is held.
std::string sha256_of(const std::string& text);

// A function of `module`, or Error(GM_ERROR_USER, .., "file"). The lock is held.
Object function_of(PyObject* module, const char* name, const std::string& path);

// Calls function(gist, shape, weight) with a copy of the tensor's numbers (f32): a view of a tensor's memory
// could be kept beyond the call, and nothing would tell. Throws Error(GM_ERROR_USER) where the function
// raises. The lock is held.
Object call_with(PyObject* function, const Tensor& gist, double weight);

}  // namespace gistmill::python
