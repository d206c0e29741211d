// Reads the project's own sources for the tests that judge them: which files there are, what they include, what they say
// outside comments and literals.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace tickgraph {

struct SourceFile {
  std::string path;  // from the project's root, "hot/types.h"
  std::string text;
};

inline std::vector<SourceFile> ProjectSources() {
  const std::filesystem::path root = TICKGRAPH_SOURCE_DIR;
  std::vector<SourceFile> files;
  for (const char* room : {"hot", "net", "kernels", "replay", "cold", "tools", "bench", "tests", "perf"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / room)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc" && extension != ".cu" && extension != ".cuh") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      files.push_back({entry.path().lexically_relative(root), {std::istreambuf_iterator<char>(in), {}}});
    }
  }
  return files;
}

// The text with comments, strings and character literals blanked; lines keep their numbers. Raw strings end at their own delimiter.
inline std::string CodeOnly(std::string_view text) {
  std::string out(text);
  const auto blank = [&](size_t from, size_t to) {
    for (size_t i = from; i < to && i < out.size(); ++i)
      if (out[i] != '\n') out[i] = ' ';
  };
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  size_t i = 0;
  while (i < text.size()) {
    size_t end = i + 1;
    if (text.substr(i, 2) == "//") {
      end = text.find('\n', i);
    } else if (text.substr(i, 2) == "/*") {
      end = text.find("*/", i + 2);
      if (end != std::string_view::npos) end += 2;
    } else if (text.substr(i, 2) == "R\"" && (i == 0 || !is_word(text[i - 1]))) {
      const size_t open = text.find('(', i);
      const std::string closing = ")" + std::string(text.substr(i + 2, open == std::string_view::npos ? 0 : open - i - 2)) + "\"";
      end = text.find(closing, i);
      if (end != std::string_view::npos) end += closing.size();
    } else if (text[i] == '"' || (text[i] == '\'' && (i == 0 || !is_word(text[i - 1])))) {
      while (end < text.size() && text[end] != text[i] && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
      ++end;
    } else {
      ++i;
      continue;
    }
    if (end == std::string_view::npos || end > text.size()) end = text.size();
    blank(i, end);
    i = end;
  }
  return out;
}

struct Include {
  std::string name;  // as written between the quotes or brackets
  bool quoted;
  int line;
};

inline std::vector<Include> IncludesOf(std::string_view text) {
  std::vector<Include> includes;
  int line_number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++line_number;
    const size_t hash = line.find_first_not_of(" \t");
    if (hash == std::string_view::npos || line[hash] != '#') continue;
    line.remove_prefix(hash + 1);
    const size_t word = line.find_first_not_of(" \t");
    if (word == std::string_view::npos || line.substr(word, 7) != "include") continue;
    const size_t open = line.find_first_of("\"<", word + 7);
    if (open == std::string_view::npos) continue;
    const size_t close = line.find(line[open] == '<' ? '>' : '"', open + 1);
    if (close == std::string_view::npos) continue;
    includes.push_back({std::string(line.substr(open + 1, close - open - 1)), line[open] == '"', line_number});
  }
  return includes;
}

}  // namespace tickgraph
