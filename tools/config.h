// A TOML configuration file, read key by key; every error names the file, the line and the key.
//
// Keys are dotted ("risk.max_quantity"). A key that is absent leaves the caller's default; a key of the wrong type, out of range,
// or that nobody asked for is an error, so a misspelt limit never passes in silence. Start-up only, one thread.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tickgraph {

// The longest time that is taken, a year: sums of such times and a session's clock, in nanoseconds, stay below 2^63.
inline constexpr int64_t kLongestNanos = int64_t{365} * 86'400 * 1'000'000'000, kLongestMillis = kLongestNanos / 1'000'000;

// Ends a program with kExitUsage.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Config {
 public:
  Config();  // empty: every key has its default
  ~Config();
  Config(Config&&) noexcept;
  Config& operator=(Config&&) noexcept;

  [[nodiscard]] static Config Load(const std::string& file);
  [[nodiscard]] static Config Parse(std::string_view text, const std::string& name);

  // Replaces one value, as `--set KEY=VALUE` does. VALUE is TOML (12, 0.5, true, "text"); what is not, is taken as text.
  void Set(std::string_view assignment);

  [[nodiscard]] bool Has(std::string_view key) const;

  // How many tables the list `key` holds ([[key]] in the file); the keys of the first are "key[0].…".
  [[nodiscard]] size_t CountTables(std::string_view key);

  void Read(std::string_view key, bool& value);
  void Read(std::string_view key, double& value);
  void Read(std::string_view key, std::string& value);
  void Read(std::string_view key, std::vector<std::string>& value);
  void Read(std::string_view key, int64_t& value, int64_t minimum = std::numeric_limits<int64_t>::min(),
            int64_t maximum = std::numeric_limits<int64_t>::max());
  template <class Integer>
  requires std::numeric_limits<Integer>::is_integer void Read(std::string_view key, Integer& value, int64_t minimum = Lowest<Integer>(),
                                                              int64_t maximum = Highest<Integer>()) {
    if (!Has(key)) return;
    int64_t wide = 0;
    Read(key, wide, minimum, maximum);
    value = static_cast<Integer>(wide);
  }

  // Throws for the first key in the file that no Read asked for. Call it after the last Read.
  void RejectUnknownKeys() const;

  // An error at `key`, for checks of the caller's own.
  [[noreturn]] void Fail(std::string_view key, const std::string& problem) const;

 private:
  struct Document;

  template <class Integer>
  static constexpr int64_t Lowest() {
    return std::numeric_limits<Integer>::is_signed ? static_cast<int64_t>(std::numeric_limits<Integer>::min()) : 0;
  }
  template <class Integer>
  static constexpr int64_t Highest() {
    return sizeof(Integer) < 8 || std::numeric_limits<Integer>::is_signed ? static_cast<int64_t>(std::numeric_limits<Integer>::max())
                                                                          : std::numeric_limits<int64_t>::max();
  }

  std::unique_ptr<Document> document_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace tickgraph
