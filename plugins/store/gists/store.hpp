// store/gists: the ports of the contract gist-store around the file's two sides.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include <gistmill/plugin.hpp>

#include "plugins/store/gists/growth.hpp"

namespace gistmill::gists {

class GistStore {
 public:
  explicit GistStore(const Options& options);

  // Ports as in plugin.toml. All throw Error: UNAVAILABLE where nothing can be written, USER for what does
  // not fit, MISUSE for calls out of order.
  Tensor open(const Tensor& path, const Tensor& settings);
  std::tuple<Tensor, Tensor> document(const Tensor& number) const;
  std::tuple<Tensor, Tensor> extend(const Tensor& name, const Tensor& tokens,
                                    const std::optional<Tensor>& kept);
  void append(const Tensor& gist, const Tensor& offsets, const std::optional<Tensor>& whole);
  std::tuple<Tensor, Tensor> group() const;
  void append_group(const Tensor& gist, const Tensor& offsets);
  void commit();
  void close();

  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> context(const Tensor& path,
                                                             const std::optional<Tensor>& document,
                                                             const Tensor& recent,
                                                             const std::optional<Tensor>& level1,
                                                             const Tensor& room) const;
  Tensor describe_file(const Tensor& path) const;
  void export_file(const Tensor& path, const std::optional<Tensor>& document, const Tensor& target) const;

 private:
  Growth& growth() const;
  void expect_gists(const Tensor& gist) const;

  Precision precision_;
  std::uint32_t documents_;
  std::uint32_t unsettled_;
  std::unique_ptr<Growth> growth_;  // of the store that is open
};

}  // namespace gistmill::gists
