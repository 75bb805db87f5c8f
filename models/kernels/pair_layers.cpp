#include "models/kernels/pair_layers.h"

#include <algorithm>
#include <numeric>

#include "models/kernels/kernels.h"
#include "models/kernels/tasks.h"

namespace marquee::models {

namespace {

constexpr int64_t kTitles = 48;  // of a block: hidden layers in the first or second cache
constexpr int64_t kParts = 16;   // of the users, each with sums of its own

using Buffer = std::vector<float>;

// A layer as products take it. Widths are padded with 0, which relu leaves.
struct Layer {
  Layer(const float* parameters, int64_t inputs, int64_t outputs)
      : in(inputs),
        out(outputs),
        forward(padded_panels(inputs, outputs)),
        backward(padded_panels(outputs, inputs)),
        bias(padded(outputs)) {
    pack_panels_of_transpose(forward.data(), parameters, in, in, out);
    pack_panels(backward.data(), parameters, in, out, in);
    std::copy_n(parameters + in * out, out, bias.data());
  }
  int64_t parameters() const { return out * (in + 1); }
  int64_t in, out;
  Buffer forward, backward, bias;
};

struct Network {
  explicit Network(const PairLayers& of) : p(of), stride(padded(of.width)) {
    const float* next = p.parameters;
    int64_t width = p.width;
    for (const int64_t narrower : p.widths) {
      layers.emplace_back(next, width, narrower);
      next += layers.back().parameters();
      width = narrower;
    }
    out = next;
    last = width;
  }
  int64_t parameters() const { return out - p.parameters + last + 1; }

  const PairLayers& p;
  int64_t stride, last;  // of hidden layers in buffers; width of the last one
  std::vector<Layer> layers;
  const float* out;  // [last], then its bias
};

void multiply(const float* a, int64_t a_row, int64_t a_column, const Buffer& panels,
              int64_t panel_rows, const Network& net, float* c, int64_t rows, int64_t columns,
              bool add) {
  kernels().multiply({.a = a, .a_row = a_row, .a_column = a_column,
                      .b = panels.data(), .b_panel = panel_rows * kPanelColumns,
                      .b_row = kPanelColumns, .c = c, .c_row = net.stride,
                      .rows = rows, .inner = panel_rows, .columns = columns, .add = add});
}

// The hidden layers of one user with a block of titles: [layers + 1][kTitles, stride].
class Block {
 public:
  explicit Block(const Network& net)
      : net_(net), hidden_(net.layers.size() + 1, Buffer(kTitles * net.stride)) {}

  void forward(int64_t user, int64_t first, int64_t count) {
    const auto& p = net_.p;
    for (int64_t t = 0; t < count; ++t) {
      kernels().add_relu(hidden_[0].data() + t * net_.stride, p.users + user * p.width,
                         p.titles + (first + t) * p.width, p.width);
    }
    for (size_t n = 0; n < net_.layers.size(); ++n) {
      const Layer& layer = net_.layers[n];
      float* const to = hidden_[n + 1].data();
      multiply(hidden_[n].data(), net_.stride, 1, layer.forward, layer.in, net_, to, count,
               padded(layer.out), false);
      for (int64_t t = 0; t < count; ++t) {
        float* const row = to + t * net_.stride;
        kernels().add_relu(row, row, layer.bias.data(), padded(layer.out));
      }
    }
  }

  float score(int64_t t) const {
    return kernels().dot(row(hidden_.back(), t), net_.out, net_.last) + net_.out[net_.last];
  }

  const float* row(const Buffer& hidden, int64_t t) const { return hidden.data() + t * net_.stride; }

 protected:
  const Network& net_;
  std::vector<Buffer> hidden_;
};

// The same with gradients, and the sums of some users.
class BackwardBlock : public Block {
 public:
  explicit BackwardBlock(const Network& net)
      : Block(net),
        titles(net.p.title_count * net.p.width),
        parameters(net.parameters()),
        changes_(hidden_.size(), Buffer(kTitles * net.stride)) {
    for (const Layer& layer : net.layers) weights_.emplace_back(layer.out * net.stride);
  }

  // gradient: [count] of the scores; to_user: [width], added to.
  void add(int64_t user, int64_t first, int64_t count, const float* gradient, float* to_user) {
    forward(user, first, count);
    float* const to_out = parameters.data() + (net_.out - net_.p.parameters);
    for (int64_t t = 0; t < count; ++t) {
      float* const change = changes_.back().data() + t * net_.stride;
      std::fill_n(change, net_.stride, 0.0F);
      kernels().add_scaled(change, net_.out, gradient[t], net_.last);
      kernels().add_scaled(to_out, row(hidden_.back(), t), gradient[t], net_.last);
      to_out[net_.last] += gradient[t];
    }
    float* next = to_out;
    for (size_t n = net_.layers.size(); n-- > 0;) {
      next -= net_.layers[n].parameters();
      through(n, count, next);
    }
    for (int64_t t = 0; t < count; ++t) {
      float* const change = changes_[0].data() + t * net_.stride;
      kernels().relu_backward(change, row(hidden_[0], t), net_.p.width);
      kernels().add_scaled(to_user, change, 1, net_.p.width);
      kernels().add_scaled(titles.data() + (first + t) * net_.p.width, change, 1, net_.p.width);
    }
  }

  // Sums of weights lie padded until the end.
  void finish() {
    float* to = parameters.data();
    for (size_t n = 0; n < net_.layers.size(); ++n) {
      const Layer& layer = net_.layers[n];
      for (int64_t row = 0; row < layer.out; ++row) {
        std::copy_n(weights_[n].data() + row * net_.stride, layer.in, to + row * layer.in);
      }
      to += layer.parameters();
    }
  }

  Buffer titles;      // [title_count, width]
  Buffer parameters;  // those of weights after finish() alone

 private:
  // From what layer n gave to what it was given; to: its parameters.
  void through(size_t n, int64_t count, float* to) {
    const Layer& layer = net_.layers[n];
    float* const bias = to + layer.out * layer.in;
    float* const change = changes_[n + 1].data();
    for (int64_t t = 0; t < count; ++t) {
      kernels().relu_backward(change + t * net_.stride, row(hidden_[n + 1], t), layer.out);
      kernels().add_scaled(bias, change + t * net_.stride, 1, layer.out);
    }
    kernels().multiply({.a = change, .a_row = 1, .a_column = net_.stride,
                        .b = hidden_[n].data(), .b_panel = kPanelColumns, .b_row = net_.stride,
                        .c = weights_[n].data(), .c_row = net_.stride,
                        .rows = layer.out, .inner = count, .columns = padded(layer.in),
                        .add = true});
    multiply(change, net_.stride, 1, layer.backward, layer.out, net_, changes_[n].data(), count,
             padded(layer.in), false);
  }

  std::vector<Buffer> changes_;  // the gradients of hidden_
  std::vector<Buffer> weights_;  // [out, stride] of each layer
};

}  // namespace

void score_pairs(const PairLayers& layers, float* scores) {
  const Network net(layers);
  in_tasks(layers.user_count, 8, [&](int64_t begin, int64_t end) {
    Block block(net);
    for (int64_t user = begin; user < end; ++user) {
      for (int64_t first = 0; first < layers.title_count; first += kTitles) {
        const int64_t count = std::min(kTitles, layers.title_count - first);
        block.forward(user, first, count);
        float* const to = scores + user * layers.title_count + first;
        for (int64_t t = 0; t < count; ++t) to[t] = block.score(t);
      }
    }
  });
}

void score_pairs_backward(const PairLayers& layers, const float* gradient,
                          const PairGradients& to) {
  const Network net(layers);
  const int64_t share = (layers.user_count + kParts - 1) / kParts;
  std::vector<BackwardBlock> parts(kParts, BackwardBlock(net));
  std::fill_n(to.users, layers.user_count * layers.width, 0.0F);
  in_tasks(layers.user_count, std::max<int64_t>(1, share), [&](int64_t begin, int64_t end) {
    BackwardBlock& part = parts[begin / std::max<int64_t>(1, share)];
    for (int64_t user = begin; user < end; ++user) {
      for (int64_t first = 0; first < layers.title_count; first += kTitles) {
        const int64_t count = std::min(kTitles, layers.title_count - first);
        part.add(user, first, count, gradient + user * layers.title_count + first,
                 to.users + user * layers.width);
      }
    }
    part.finish();
  });
  const auto sum = [&](float* out, int64_t count, const auto& of) {
    std::fill_n(out, count, 0.0F);
    for (const BackwardBlock& part : parts) kernels().add_scaled(out, of(part), 1, count);
  };
  sum(to.titles, layers.title_count * layers.width,
      [](const BackwardBlock& part) { return part.titles.data(); });
  sum(to.parameters, net.parameters(),
      [](const BackwardBlock& part) { return part.parameters.data(); });
}

}  // namespace marquee::models
