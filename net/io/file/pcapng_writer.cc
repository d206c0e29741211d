#include "net/io/file/pcapng_writer.h"

#include <cstring>

#include "net/io/file/capture_format.h"
#include "net/io/file/pcapng.h"

namespace tickgraph::pcapng {
namespace {

constexpr uint16_t kOptionEnd = 0, kOptionName = 2, kOptionDescription = 3, kOptionUserApplication = 4, kOptionTsResolution = 9;

template <class Integer>
void Append(Integer value, std::vector<uint8_t>* out) {
  const size_t at = out->size();
  out->resize(at + sizeof(value));
  std::memcpy(out->data() + at, &value, sizeof(value));
}

void AppendPadded(const void* data, size_t size, std::vector<uint8_t>* out) {
  const auto* p = static_cast<const uint8_t*>(data);
  out->insert(out->end(), p, p + size);
  out->resize((out->size() + 3) & ~size_t{3});
}

void AppendOption(uint16_t code, std::string_view text, std::vector<uint8_t>* out) {
  Append(code, out);
  Append(static_cast<uint16_t>(text.size()), out);
  AppendPadded(text.data(), text.size(), out);
}

// A block is framed by its length on both sides; the buffer is always filled to a multiple of 4 when one begins.
size_t BeginBlock(uint32_t type, std::vector<uint8_t>* out) {
  const size_t start = out->size();
  Append(type, out);
  Append(uint32_t{0}, out);
  return start;
}

void EndBlock(size_t start, std::vector<uint8_t>* out) {
  const auto total = static_cast<uint32_t>(out->size() - start + sizeof(uint32_t));
  std::memcpy(out->data() + start + 4, &total, sizeof(total));
  Append(total, out);
}

}  // namespace

void AppendSectionHeader(std::string_view application, std::vector<uint8_t>* out) {
  const size_t start = BeginBlock(PcapngSection::kSectionHeader, out);
  Append(uint32_t{0x1A2B3C4D}, out);
  Append(uint16_t{1}, out);
  Append(uint16_t{0}, out);
  Append(int64_t{-1}, out);  // length of the section: not told
  AppendOption(kOptionUserApplication, application, out);
  AppendOption(kOptionEnd, "", out);
  EndBlock(start, out);
}

bool AppendInterface(PacketLayer layer, std::string_view name, std::string_view description, std::vector<uint8_t>* out) {
  const auto link_type = LinkTypeOfLayer(layer);
  if (!link_type.has_value()) return false;
  const size_t start = BeginBlock(PcapngSection::kInterface, out);
  Append(static_cast<uint16_t>(*link_type), out);
  Append(uint16_t{0}, out);
  Append(uint32_t{kMaxPacketBytes}, out);
  AppendOption(kOptionName, name, out);
  AppendOption(kOptionDescription, description, out);
  AppendOption(kOptionTsResolution, std::string_view("\x09", 1), out);
  AppendOption(kOptionEnd, "", out);
  EndBlock(start, out);
  return true;
}

void AppendPacket(uint32_t interface_id, const PacketView& packet, std::vector<uint8_t>* out) {
  const size_t start = BeginBlock(PcapngSection::kEnhancedPacket, out);
  Append(interface_id, out);
  Append(static_cast<uint32_t>(packet.ts_recv_ns >> 32), out);
  Append(static_cast<uint32_t>(packet.ts_recv_ns), out);
  Append(packet.size, out);
  Append(packet.original_size, out);
  AppendPadded(packet.data, packet.size, out);
  EndBlock(start, out);
}

}  // namespace tickgraph::pcapng
