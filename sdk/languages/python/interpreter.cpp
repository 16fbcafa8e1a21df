// See interpreter.hpp.
#include "interpreter.hpp"

#include <dlfcn.h>

#include <fstream>
#include <mutex>
#include <sstream>

namespace gistmill::python {

namespace {

// The host loads plugins without giving their symbols to others, and libpython with them. Extension modules
// (_ctypes, numpy) are not linked to libpython: they look for its symbols in the whole process.
void give_symbols_to_modules() {
  Dl_info library{};
  if (dladdr(reinterpret_cast<const void*>(&Py_IsInitialized), &library) != 0)
    dlopen(library.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

void start() {
  if (Py_IsInitialized() != 0) return;  // another plugin's
  give_symbols_to_modules();
  PyPreConfig before;
  PyPreConfig_InitIsolatedConfig(&before);  // leaves the locale alone
  before.utf8_mode = 1;
  PyStatus status = Py_PreInitialize(&before);
  if (PyStatus_Exception(status) == 0) {
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);  // no environment, no signal handlers
    status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
  }
  if (PyStatus_Exception(status) != 0)
    throw Error(GM_ERROR_INTERNAL,
                std::string("Python does not start: ") + (status.err_msg ? status.err_msg : "no reason"));
  PyEval_SaveThread();  // the lock is free until a call takes it
}

std::string text_of(PyObject* object) {
  const char* text = object == nullptr ? nullptr : PyUnicode_AsUTF8(object);
  if (text == nullptr) PyErr_Clear();
  return text == nullptr ? "" : text;
}

// "log_cosh.py:12: ValueError: no width", of the exception that is set; clears it.
std::string message_of_exception() {
  PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  const Object kind(type), what(value), where(trace);
  std::string place;
  for (auto* step = reinterpret_cast<PyTracebackObject*>(trace); step != nullptr; step = step->tb_next) {
    const Object code(reinterpret_cast<PyObject*>(PyFrame_GetCode(step->tb_frame)));
    place = text_of(reinterpret_cast<PyCodeObject*>(code.get())->co_filename) + ":" +
            std::to_string(PyFrame_GetLineNumber(step->tb_frame)) + ": ";
  }
  const Object said(value == nullptr ? nullptr : PyObject_Str(value));
  return place + reinterpret_cast<PyTypeObject*>(type)->tp_name + ": " + text_of(said.get());
}

}  // namespace

Lock::Lock() {
  static std::once_flag once;
  std::call_once(once, start);
  state_ = PyGILState_Ensure();
}

Object expect(PyObject* object, const std::string& key) {
  if (object == nullptr) throw Error(GM_ERROR_USER, message_of_exception(), key);
  return Object(object);
}

std::string source_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty())
    throw Error(GM_ERROR_USER, "'" + path + "' cannot be read, or is empty", "file");
  return text.str();
}

std::string sha256_of(const std::string& text) {
  const Object hashlib = expect(PyImport_ImportModule("hashlib"), "file");
  const Object hash = expect(
      PyObject_CallMethod(hashlib.get(), "sha256", "y#", text.data(), static_cast<Py_ssize_t>(text.size())),
      "file");
  return text_of(expect(PyObject_CallMethod(hash.get(), "hexdigest", nullptr), "file").get());
}

Object run(const std::string& source, const std::string& path) {
  const Object code = expect(Py_CompileString(source.c_str(), path.c_str(), Py_file_input), "file");
  Object names = expect(PyDict_New(), "file");
  PyDict_SetItemString(names.get(), "__builtins__", PyEval_GetBuiltins());
  expect(PyEval_EvalCode(code.get(), names.get(), names.get()), "file");
  return names;
}

Object function_of(PyObject* names, const char* name, const std::string& path) {
  PyObject* function = PyDict_GetItemString(names, name);  // borrowed
  if (function == nullptr || PyCallable_Check(function) == 0)
    throw Error(GM_ERROR_USER, "'" + path + "' defines no function " + name, "file");
  Py_INCREF(function);
  return Object(function);
}

Object call_with(PyObject* function, const Tensor& gist, double weight) {
  const auto* memory = reinterpret_cast<const char*>(gist.data<float>());
  const auto bytes = static_cast<Py_ssize_t>(gist.size() * static_cast<std::int64_t>(sizeof(float)));
  const Object copy = expect(PyBytes_FromStringAndSize(memory, bytes), "file");
  const Object raw = expect(PyMemoryView_FromObject(copy.get()), "file");
  const Object view = expect(PyObject_CallMethod(raw.get(), "cast", "s", "f"), "file");
  const Object shape = expect(PyTuple_New(static_cast<Py_ssize_t>(gist.shape().size())), "file");
  for (std::size_t i = 0; i < gist.shape().size(); ++i)
    PyTuple_SET_ITEM(shape.get(), static_cast<Py_ssize_t>(i), PyLong_FromLongLong(gist.shape()[i]));
  return expect(PyObject_CallFunction(function, "OOd", view.get(), shape.get(), weight), "file");
}

}  // namespace gistmill::python
