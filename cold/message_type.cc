#include "cold/message_type.h"

#include <array>
#include <charconv>

#include "net/proto/dbn_messages.h"
#include "net/proto/json/json_events.h"

namespace tickgraph {
namespace {

using Names = std::array<InstrumentName, 256>;

Names LetterNames() {
  Names out;
  for (size_t i = 1; i < out.size(); ++i) out[i].chars[0] = static_cast<char>(i);
  return out;
}

Names NumberNames() {
  Names out;
  for (size_t i = 0; i < out.size(); ++i) {
    char digits[4];
    const auto end = std::to_chars(digits, digits + sizeof(digits), i).ptr;
    out[i] = InstrumentName::From({digits, static_cast<size_t>(end - digits)});
  }
  return out;
}

Names SchemaNames() {
  Names out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = InstrumentName::From(DbnRecordSchema(static_cast<uint8_t>(i), kDbnMixedSchema));
  return out;
}

Names JsonNames() {
  Names out;
  for (size_t i = 0; i < kJsonMessageKinds; ++i) out[i] = InstrumentName::From(JsonMessageName(static_cast<JsonMessage>(i)));
  return out;
}

}  // namespace

InstrumentName MessageTypeName(FeedProtocol protocol, char type) {
  static const Names kLetters = LetterNames(), kNumbers = NumberNames(), kSchemas = SchemaNames(), kJson = JsonNames();
  const auto at = static_cast<unsigned char>(type);
  switch (protocol) {
    case FeedProtocol::kCme:
      return kNumbers[at];
    case FeedProtocol::kDbn:
      return kSchemas[at];
    case FeedProtocol::kJson:
      return kJson[at];
    default:
      return kLetters[at];
  }
}

}  // namespace tickgraph
