// loss/python: a loss that a Python file computes. The host has no Python: the interpreter comes with this
// plugin.
#include <string>
#include <vector>

#include "interpreter.hpp"

namespace {

using gistmill::Call;
using gistmill::Error;
using gistmill::Tensor;
using gistmill::python::Lock;
using gistmill::python::Object;

class PythonLoss {
 public:
  explicit PythonLoss(const gistmill::Options& options)
      : path_(options.string("file")), weight_(options.number("weight")) {
    const std::string source = gistmill::python::source_of(path_);
    const Lock lock;
    digest_ = gistmill::python::sha256_of(source);
    const Object names = gistmill::python::run(source, path_);
    value_ = gistmill::python::function_of(names.get(), "value", path_);
    gradient_ = gistmill::python::function_of(names.get(), "gradient", path_);
  }

  std::string digest() const { return digest_; }  // of the file; what it imports is not seen

  // gist f32[K, G, D] -> loss f32[]
  Tensor value(const Tensor& gist) const {
    const Lock lock;
    const Object answer = gistmill::python::call_with(value_.get(), gist, weight_);
    const double loss = PyFloat_AsDouble(answer.get());
    if (PyErr_Occurred() != nullptr) gistmill::python::expect(nullptr, "file");
    return Tensor::of<float>({static_cast<float>(loss)}, {});
  }

  // What gradient() gives, times the gradient of the loss f32[].
  std::vector<Tensor> value_vjp(const Call&, const std::vector<Tensor>& inputs,
                                const std::vector<Tensor>& grad_outputs) const {
    const Lock lock;
    const Object answer = gistmill::python::call_with(gradient_.get(), inputs[0], weight_);
    Py_buffer buffer;
    if (PyObject_GetBuffer(answer.get(), &buffer, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS) != 0)
      gistmill::python::expect(nullptr, "file");
    const bool fits =
        std::string(buffer.format == nullptr ? "B" : buffer.format) == "f" &&
        buffer.len == static_cast<Py_ssize_t>(inputs[0].size() * static_cast<std::int64_t>(sizeof(float)));
    Tensor gradient = Tensor::zeros<float>(inputs[0].shape());
    const auto* from = static_cast<const float*>(buffer.buf);
    for (std::int64_t i = 0; fits && i < gradient.size(); ++i)
      gradient.mutable_data<float>()[i] = grad_outputs[0].data<float>()[0] * from[i];
    PyBuffer_Release(&buffer);
    if (!fits)
      throw Error(GM_ERROR_USER, "gradient gives another buffer than as many 32-bit floats as gist has",
                  "file");
    return {gradient};
  }

 private:
  std::string path_, digest_;
  double weight_;
  Object value_, gradient_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<PythonLoss>("loss/python")
                    .operation("value", &PythonLoss::value, &PythonLoss::value_vjp));
