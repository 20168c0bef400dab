/// Bars by day, each made of coloured parts, as an SVG image within a page.
struct StackedChart {
    struct Series {
        let name: String
        /// One for each label, not negative.
        let values: [Double]
    }

    let title: String
    let labels: [String]
    let series: [Series]
    /// How a value is told in the tips and at the axis.
    let shown: (Double) -> String

    private static let width = 900.0
    private static let height = 260.0
    private static let left = 70.0
    private static let bottom = 24.0

    /// The most series that have a colour of their own.
    static let colours = 8

    func svg() -> String {
        let sums = labels.indices.map { index in series.reduce(0) { $0 + $1.values[index] } }
        let top = Self.ceiling(sums.max() ?? 0)
        let plot = Self.height - Self.bottom - 8
        var svg =
            "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\"\(HTMLText.escaped(title))\">"
        for step in 0...4 {
            let y = 8 + plot * (1 - Double(step) / 4)
            svg +=
                "<line class=\"grid\" x1=\"\(Self.number(Self.left))\" x2=\"\(Self.number(Self.width))\" y1=\"\(Self.number(y))\" y2=\"\(Self.number(y))\"/>"
            svg +=
                "<text class=\"axis\" text-anchor=\"end\" x=\"\(Self.number(Self.left - 6))\" y=\"\(Self.number(y + 4))\">\(HTMLText.escaped(axis(top * Double(step) / 4)))</text>"
        }
        let slot = (Self.width - Self.left) / Double(max(1, labels.count)), bar = max(1, slot * 0.8)
        let every = max(1, (labels.count + 11) / 12)
        for (index, label) in labels.enumerated() {
            let x = Self.left + slot * Double(index) + (slot - bar) / 2
            var y = 8 + plot
            for (place, part) in series.enumerated() where part.values[index] > 0 {
                let size = top > 0 ? plot * part.values[index] / top : 0
                y -= size
                svg +=
                    "<rect class=\"c\(place % Self.colours)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(bar))\" height=\"\(Self.number(max(size, 0.3)))\"><title>"
                    + "\(HTMLText.escaped(label)) · \(HTMLText.escaped(part.name)): \(HTMLText.escaped(shown(part.values[index])))</title></rect>"
            }
            if index % every == 0 {
                svg +=
                    "<text class=\"axis\" x=\"\(Self.number(x))\" y=\"\(Self.number(Self.height - 6))\">\(HTMLText.escaped(String(label.suffix(5))))</text>"
            }
        }
        return svg + "</svg>" + legend
    }

    /// As `shown`, without places that are zero.
    private func axis(_ value: Double) -> String {
        let text = shown(value)
        return text.hasSuffix(".0000") ? String(text.dropLast(5)) : text
    }

    private var legend: String {
        "<ul class=\"legend\">"
            + series.enumerated().map {
                "<li><i class=\"b\($0 % Self.colours)\"></i>\(HTMLText.escaped($1.name.isEmpty ? "–" : $1.name))</li>"
            }
            .joined() + "</ul>"
    }

    /// The next 1, 2 or 5 with zeros.
    static func ceiling(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return 1 }
        var unit = 1.0
        while unit * 10 <= value { unit *= 10 }
        while unit > value { unit /= 10 }
        for factor in [1.0, 2, 5, 10] where unit * factor >= value { return unit * factor }
        return unit * 10
    }

    /// Two places at most, the same on every machine.
    static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return rest == 0 ? "\(hundredths / 100)" : "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
