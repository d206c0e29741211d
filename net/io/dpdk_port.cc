// A port's start and the bursts; see dpdk_port.h.
#include "net/io/dpdk_port.h"

#define ALLOW_EXPERIMENTAL_API  // the card's clock is not yet of the stable interface
// DPDK 22.11 counts a volatile in a header, which C++20 deprecates.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wvolatile"
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_mbuf_pool_ops.h>
#pragma GCC diagnostic pop
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "net/io/dpdk_environment.h"

namespace tickgraph {
namespace {

// A burst of the largest datagrams there are.
constexpr size_t kJoinRoomBytes = size_t{DpdkPort::kBurstSize} * 65536;

// The driver only logs why a file cannot be read; the user is told.
bool CheckPcapFile(const std::string& device, std::string* error) {
  const std::string key = ",rx_pcap=";
  const size_t at = device.find(key);
  if (at == std::string::npos) return true;
  const size_t begin = at + key.size();
  const std::string path = device.substr(begin, device.find(',', begin) - begin);
  if (access(path.c_str(), R_OK) == 0) return true;
  *error = "DPDK port " + device + ": " + path + ": cannot open: " + std::strerror(errno);
  return false;
}

// Without huge pages DPDK leaves a hole wherever an mbuf would cross a small page, and net_af_xdp, which reckons the pool's length from its
// count, then refuses the addresses behind that length: their packets are dropped. No device reads physical addresses there, so the mbufs
// may lie side by side.
rte_mempool* MakePool(const std::string& name, uint32_t count, int socket) {
  if (rte_eal_has_hugepages() != 0) return rte_pktmbuf_pool_create(name.c_str(), count, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, socket);
  rte_mempool* pool = rte_mempool_create_empty(name.c_str(), count, sizeof(rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE, 0,
                                               sizeof(rte_pktmbuf_pool_private), socket, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
  if (pool == nullptr) return nullptr;
  rte_pktmbuf_pool_private sizes{};
  sizes.mbuf_data_room_size = RTE_MBUF_DEFAULT_BUF_SIZE;
  const int failed = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), nullptr);
  if (failed == 0) rte_pktmbuf_pool_init(pool, &sizes);
  if (failed != 0 || rte_mempool_populate_default(pool) < 0) {
    rte_mempool_free(pool);
    rte_errno = ENOMEM;
    return nullptr;
  }
  rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
  return pool;
}

uint64_t WallClockNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

std::unique_ptr<DpdkPort> DpdkPort::Open(const DpdkPortConfig& config, std::string* error) {
  if (!CheckPcapFile(config.device, error) || !StartDpdkEnvironment(config.eal, error)) return nullptr;
  std::unique_ptr<DpdkPort> port(new DpdkPort(config.device));
  if (!port->Start(config, error)) return nullptr;
  return port;
}

bool DpdkPort::Start(const DpdkPortConfig& config, std::string* error) {
  const std::string prefix = "DPDK port " + device_ + ": ";
  device_name_ = device_.substr(0, device_.find(','));
  const std::string arguments = device_.size() > device_name_.size() ? device_.substr(device_name_.size() + 1) : "";
  if (device_name_.empty()) {
    *error = prefix + "no device named";
    return false;
  }
  if (rte_eth_dev_get_port_by_name(device_name_.c_str(), &port_id_) == 0) {
    // A device that the environment found at its start may be taken once.
    rte_eth_dev_info info{};
    const bool free = rte_eth_dev_info_get(port_id_, &info) == 0 && info.nb_rx_queues == 0;
    if (free) return StartQueues(config, error);
    *error = prefix + "a port named " + device_name_ + " is already open";
    return false;
  }
  if (rte_eal_hotplug_add("vdev", device_name_.c_str(), arguments.c_str()) != 0) {
    *error = prefix + "no such driver, or it refuses its arguments (its own words stand above)";
    return false;
  }
  probed_ = true;
  if (rte_eth_dev_get_port_by_name(device_name_.c_str(), &port_id_) != 0) {
    *error = prefix + "the driver made no Ethernet port";
    return false;
  }
  return StartQueues(config, error);
}

bool DpdkPort::StartQueues(const DpdkPortConfig& config, std::string* error) {
  const std::string prefix = "DPDK port " + device_ + ": ";
  const auto fail = [&](const std::string& step, int code) {
    *error = prefix + step + ": " + rte_strerror(code < 0 ? -code : code);
    return false;
  };
  rte_eth_dev_info info{};
  if (const int code = rte_eth_dev_info_get(port_id_, &info); code != 0) return fail("cannot be asked what it is", code);
  driver_name_ = info.driver_name != nullptr ? info.driver_name : "";
  if (info.max_rx_queues == 0) return fail("has no receive queue", ENOTSUP);
  if (config.queues > info.max_rx_queues)
    return fail("has " + std::to_string(info.max_rx_queues) + " receive queues, not " + std::to_string(config.queues), EINVAL);
  queue_count_ = config.queues;
  const uint16_t tx_queues = info.max_tx_queues == 0 ? 0 : std::min(queue_count_, info.max_tx_queues);
  rte_eth_conf conf{};
  const bool stamp_offload = config.hardware_stamps && (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0;
  if (stamp_offload) conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
  const uint64_t spread = info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
  rss_ = queue_count_ > 1 && spread != 0;
  if (rss_) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf = spread;
  }
  if (const int code = rte_eth_dev_configure(port_id_, queue_count_, tx_queues, &conf); code != 0)
    return fail("cannot be configured", code);
  uint16_t rx_descriptors = config.rx_descriptors, tx_descriptors = config.rx_descriptors;
  if (const int code = rte_eth_dev_adjust_nb_rx_tx_desc(port_id_, &rx_descriptors, &tx_descriptors); code != 0)
    return fail("cannot be asked how many descriptors it has", code);
  if (!SetUpQueues(config, tx_queues, rx_descriptors, tx_descriptors, error)) return false;
  if (const int code = rte_eth_dev_start(port_id_); code != 0) return fail("cannot be started", code);
  started_ = true;
  rte_eth_promiscuous_enable(port_id_);  // where a driver knows no such mode it delivers everything as it is
  if (config.hardware_stamps) ChooseStamps(stamp_offload);
  join_room_.assign(kJoinRoomBytes, 0);
  return true;
}

bool DpdkPort::SetUpQueues(const DpdkPortConfig& config, uint16_t tx_queues, uint16_t rx_descriptors, uint16_t tx_descriptors,
                           std::string* error) {
  const auto fail = [&](const char* step, int code) {
    *error = "DPDK port " + device_ + ": " + step + ": " + rte_strerror(code < 0 ? -code : code);
    return false;
  };
  const int socket = rte_eth_dev_socket_id(port_id_);
  const unsigned where = socket < 0 ? static_cast<unsigned>(SOCKET_ID_ANY) : static_cast<unsigned>(socket);
  const std::string pool_name = "rx_" + std::to_string(port_id_);
  pool_ = MakePool(pool_name, config.mbuf_count * queue_count_, socket);
  if (pool_ == nullptr) return fail("no memory for its packets", rte_errno);
  for (uint16_t queue = 0; queue < queue_count_; ++queue) {
    const int code = rte_eth_rx_queue_setup(port_id_, queue, rx_descriptors, where, nullptr, pool_);
    if (code != 0) return fail("cannot set up its receive queue", code);
  }
  for (uint16_t queue = 0; queue < tx_queues; ++queue) {
    const int code = rte_eth_tx_queue_setup(port_id_, queue, tx_descriptors, where, nullptr);
    if (code != 0) return fail("cannot set up its transmit queue", code);
  }
  return true;
}

// net_pcap and net_af_packet stamp with the time of day; every other driver in units of a clock of its own, which must be readable.
void DpdkPort::ChooseStamps(bool offload) {
  const bool pcap = driver_name_ == "net_pcap";
  if (!pcap && !offload) return;
  if (rte_mbuf_dyn_rx_timestamp_register(&timestamp_offset_, &timestamp_flag_) != 0) return;
  if (pcap) {
    stamps_ = PortStamps::kMicros;
  } else if (driver_name_ == "net_af_packet") {
    stamps_ = PortStamps::kNanos;
  } else {
    AnchorClock();
    usleep(10'000);
    AnchorClock();
    if (clock_.ready()) stamps_ = PortStamps::kTicks;
  }
}

void DpdkPort::AnchorClock() {
  uint64_t ticks = 0;
  if (rte_eth_read_clock(port_id_, &ticks) == 0) clock_.Anchor(ticks, WallClockNanoseconds());
}

DpdkPort::~DpdkPort() {
  FreeBurst();
  if (started_) rte_eth_dev_stop(port_id_);
  if (probed_) {
    rte_eth_dev_close(port_id_);
    rte_eal_hotplug_remove("vdev", device_name_.c_str());
  }
  rte_mempool_free(pool_);
}

void DpdkPort::FreeBurst() {
  if (held_ != 0) rte_pktmbuf_free_bulk(mbufs_.data(), held_);
  held_ = 0;
  join_used_ = 0;
}

PacketBurst DpdkPort::Poll() {
  FreeBurst();
  ++stats_.rx_bursts;
  held_ = rte_eth_rx_burst(port_id_, next_queue_, mbufs_.data(), kBurstSize);
  if (++next_queue_ == queue_count_) next_queue_ = 0;
  if (held_ == 0) return {nullptr, 0, SourceState::kIdle};
  const uint64_t now_ns = stamps_ == PortStamps::kMicros ? 0 : WallClockNanoseconds();
  uint32_t count = 0;
  for (uint16_t i = 0; i < held_; ++i) {
    const rte_mbuf* mbuf = mbufs_[i];
    const uint64_t number = ++stats_.packets;
    stats_.bytes += mbuf->pkt_len;
    const uint8_t* data = mbuf->nb_segs == 1 ? rte_pktmbuf_mtod(mbuf, const uint8_t*) : Join(mbuf);
    if (data == nullptr) continue;
    packets_[count++] = {.data = data,
                         .size = mbuf->pkt_len,
                         .original_size = mbuf->pkt_len,
                         .ts_recv_ns = StampOf(mbuf, now_ns),
                         .number = number,
                         .file_offset = 0,
                         .layer = PacketLayer::kEthernet};
  }
  return {packets_.data(), count, SourceState::kMore};
}

uint64_t DpdkPort::StampOf(const rte_mbuf* mbuf, uint64_t now_ns) {
  if (stamps_ == PortStamps::kClock || (mbuf->ol_flags & timestamp_flag_) == 0) return now_ns;
  const uint64_t stamp = *RTE_MBUF_DYNFIELD(mbuf, timestamp_offset_, const rte_mbuf_timestamp_t*);
  if (stamps_ == PortStamps::kMicros) return stamp * 1000;
  if (stamps_ == PortStamps::kNanos) return stamp;
  constexpr double kAnchorNanos = 1e9;
  if (clock_.Age(stamp) > kAnchorNanos) AnchorClock();
  return clock_.ready() ? clock_.ToNanos(stamp) : now_ns;
}

uint32_t DpdkPort::Send(const PacketView* packets, uint32_t count) {
  std::array<rte_mbuf*, kBurstSize> out;
  std::array<uint32_t, kBurstSize> source;  // of each mbuf: which packet it holds
  uint16_t filled = 0;
  uint32_t taken = 0;
  for (; taken < count && filled < kBurstSize; ++taken) {
    rte_mbuf* mbuf = rte_pktmbuf_alloc(pool_);
    if (mbuf == nullptr) break;
    char* room = rte_pktmbuf_append(mbuf, static_cast<uint16_t>(std::min(packets[taken].size, 0xFFFFu)));
    if (room == nullptr) {
      rte_pktmbuf_free(mbuf);
      ++stats_.unsendable_packets;
      continue;
    }
    std::memcpy(room, packets[taken].data, packets[taken].size);
    source[filled] = taken;
    out[filled++] = mbuf;
  }
  const uint16_t sent = rte_eth_tx_burst(port_id_, 0, out.data(), filled);
  stats_.sent_packets += sent;
  if (sent == filled) return taken;
  rte_pktmbuf_free_bulk(out.data() + sent, filled - sent);
  return source[sent];
}

const uint8_t* DpdkPort::Join(const rte_mbuf* mbuf) {
  if (mbuf->pkt_len > join_room_.size() - join_used_) {
    ++stats_.oversized_packets;
    return nullptr;
  }
  uint8_t* out = join_room_.data() + join_used_;
  join_used_ += mbuf->pkt_len;
  ++stats_.joined_packets;
  const void* joined = rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, out);
  return static_cast<const uint8_t*>(joined);
}

uint64_t DpdkPort::MissedPackets() const {
  rte_eth_stats counters{};
  if (rte_eth_stats_get(port_id_, &counters) != 0) return 0;
  return counters.imissed + counters.ierrors + counters.rx_nombuf;
}

}  // namespace tickgraph
