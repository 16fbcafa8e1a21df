// The extension gm.codec/1 from the host's side; see object_codec.hpp.
#include "host/run/step/object_codec.hpp"

#include <ATen/ATen.h>

namespace gistmill {

namespace {

const gm_codec_extension* codec_of(const TensorInstance& instance) {
  return instance.extension<gm_codec_extension>(GM_CODEC_EXTENSION);
}

gm_status put_tensor(gm_tensor_sink* self, const char* name, gm_tensor* tensor) {
  auto& list = *static_cast<std::vector<NamedTensor>*>(self->context);
  try {
    list.push_back({name, adopt_tensor(tensor)});
  } catch (const std::exception&) {  // another DLPack major, which released it
    return GM_ERROR_MISUSE;
  }
  return GM_OK;
}

}  // namespace

bool knows_object(const TensorInstance& instance, const std::string& type) {
  const gm_codec_extension* codec = codec_of(instance);
  return codec != nullptr && codec->knows(instance.handle(), type.c_str()) != 0;
}

std::vector<NamedTensor> encode_object(const TensorInstance& instance, const gm_object& object) {
  std::vector<NamedTensor> tensors;
  gm_tensor_sink out{sizeof(gm_tensor_sink), &tensors, put_tensor};
  TensorInstance::ErrorSink sink;
  const gm_status status = codec_of(instance)->encode(instance.handle(), &object, &out, sink.get());
  if (status != GM_OK) instance.fail(status, sink, "encoding an object of");
  return tensors;
}

SlotValue decode_object(const TensorInstance& instance, const std::string& type,
                        const std::vector<NamedTensor>& tensors) {
  std::vector<const char*> names;
  std::vector<gm_tensor*> given;
  for (const NamedTensor& each : tensors) {
    names.push_back(each.name.c_str());
    given.push_back(share_tensor(each.tensor, true));
  }
  gm_value value{GM_VALUE_OBJECT, 0, {}};
  TensorInstance::ErrorSink sink;
  const gm_status status =
      codec_of(instance)->decode(instance.handle(), type.c_str(), names.data(), given.data(),
                                 static_cast<std::uint32_t>(given.size()), &value.as.object, sink.get());
  if (status != GM_OK || value.as.object == nullptr) instance.fail(status, sink, "decoding an object of");
  return SlotValue::take(value);
}

}  // namespace gistmill
