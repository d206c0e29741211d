// Configuration files by toml++; see the header.
#include "tools/config.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include <sstream>

namespace tickgraph {

struct Config::Document {
  std::string name;
  toml::table table;

  [[nodiscard]] const toml::node* Find(std::string_view key) const { return table.at_path(key).node(); }
};

namespace {

std::string At(const std::string& name, const toml::source_region& source) {
  return source.begin.line > 0 ? name + ":" + std::to_string(source.begin.line) : name;
}

std::string TypeName(const toml::node& node) {
  std::ostringstream out;
  out << node.type();
  return out.str();
}

// The first key under `table` that is neither asked for nor a table that leads to one.
const toml::node* FirstUnknown(const toml::table& table, const std::string& prefix, const std::set<std::string, std::less<>>& asked,
                               std::string& key_out) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix.empty() ? std::string(name.str()) : prefix + "." + std::string(name.str());
    if (asked.contains(key)) continue;
    if (const toml::table* inner = node.as_table(); inner != nullptr && !inner->empty()) {
      if (const toml::node* found = FirstUnknown(*inner, key, asked, key_out)) return found;
      continue;
    }
    if (const toml::array* list = node.as_array(); list != nullptr && list->is_array_of_tables()) {
      for (size_t i = 0; i < list->size(); ++i) {
        const std::string element = key + "[" + std::to_string(i) + "]";
        if (const toml::node* found = FirstUnknown(*list->get_as<toml::table>(i), element, asked, key_out)) return found;
      }
      continue;
    }
    key_out = key;
    return &node;
  }
  return nullptr;
}

}  // namespace

Config::Config() : document_(std::make_unique<Document>()) {}
Config::~Config() = default;
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(Config&&) noexcept = default;

Config Config::Load(const std::string& file) {
  Config config;
  config.document_->name = file;
  try {
    config.document_->table = toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    throw ConfigError(At(file, error.source()) + ": " + std::string(error.description()));
  }
  return config;
}

Config Config::Parse(std::string_view text, const std::string& name) {
  Config config;
  config.document_->name = name;
  try {
    config.document_->table = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw ConfigError(At(name, error.source()) + ": " + std::string(error.description()));
  }
  return config;
}

void Config::Set(std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) throw ConfigError("--set " + std::string(assignment) + ": expected KEY=VALUE");
  const std::string key(assignment.substr(0, equals));
  const std::string value(assignment.substr(equals + 1));
  toml::table parsed;
  try {
    parsed = toml::parse("value = " + value);
  } catch (const toml::parse_error&) {
    parsed.insert_or_assign("value", value);
  }
  toml::table* table = &document_->table;
  size_t start = 0;
  for (size_t dot; (dot = key.find('.', start)) != std::string::npos; start = dot + 1) {
    auto [position, inserted] = table->emplace<toml::table>(key.substr(start, dot - start));
    table = position->second.as_table();
    if (table == nullptr) throw ConfigError("--set " + key + ": " + key.substr(0, dot) + " is a value, not a table");
  }
  table->insert_or_assign(key.substr(start), std::move(*parsed.get("value")));
}

bool Config::Has(std::string_view key) const { return document_->Find(key) != nullptr; }

size_t Config::CountTables(std::string_view key) {
  const toml::node* node = document_->Find(key);
  if (node == nullptr) return 0;
  const toml::array* list = node->as_array();
  if (list == nullptr || !list->is_array_of_tables()) Fail(key, "expected a list of tables, [[" + std::string(key) + "]]");
  return list->size();
}

void Config::Fail(std::string_view key, const std::string& problem) const {
  const toml::node* node = document_->Find(key);
  if (node != nullptr && node->source().path == nullptr) throw ConfigError("--set " + std::string(key) + ": " + problem);  // from no file
  throw ConfigError((node != nullptr ? At(document_->name, node->source()) : document_->name) + ": " + std::string(key) + ": " + problem);
}

void Config::Read(std::string_view key, bool& value) {
  asked_.emplace(key);
  const toml::node* node = document_->Find(key);
  if (node == nullptr) return;
  if (!node->is_boolean()) Fail(key, "expected true or false, found " + TypeName(*node));
  value = **node->as_boolean();
}

void Config::Read(std::string_view key, double& value) {
  asked_.emplace(key);
  const toml::node* node = document_->Find(key);
  if (node == nullptr) return;
  if (!node->is_number()) Fail(key, "expected a number, found " + TypeName(*node));
  value = *node->value<double>();
}

void Config::Read(std::string_view key, std::string& value) {
  asked_.emplace(key);
  const toml::node* node = document_->Find(key);
  if (node == nullptr) return;
  if (!node->is_string()) Fail(key, "expected text, found " + TypeName(*node));
  value = **node->as_string();
}

void Config::Read(std::string_view key, std::vector<std::string>& value) {
  asked_.emplace(key);
  const toml::node* node = document_->Find(key);
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr || !(list->empty() || list->is_homogeneous<std::string>()))
    Fail(key, "expected a list of texts, found " + TypeName(*node));
  value.clear();
  for (const toml::node& item : *list) value.push_back(**item.as_string());
}

void Config::Read(std::string_view key, int64_t& value, int64_t minimum, int64_t maximum) {
  asked_.emplace(key);
  const toml::node* node = document_->Find(key);
  if (node == nullptr) return;
  if (!node->is_integer()) Fail(key, "expected a whole number, found " + TypeName(*node));
  const int64_t found = **node->as_integer();
  if (found < minimum || found > maximum)
    Fail(key, std::to_string(found) + " is not between " + std::to_string(minimum) + " and " + std::to_string(maximum));
  value = found;
}

void Config::RejectUnknownKeys() const {
  std::string key;
  if (FirstUnknown(document_->table, "", asked_, key) != nullptr) Fail(key, "unknown key");
}

}  // namespace tickgraph
