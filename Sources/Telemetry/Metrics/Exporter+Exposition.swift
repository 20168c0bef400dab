import Transport

/// What reads the figures of all loops.
enum MetricReader: String {
    case push = "periodic_metric_reader"
    case scrape = "prometheus_http_text_metric_exporter"
}

/// Figures as text for Prometheus, compressed if that was asked for and possible.
package typealias ExpositionText = (body: [UInt8], isCompressed: Bool)

/// Who waits for the figures as text.
struct ScrapeTurn {
    struct Form: Hashable {
        let format: ExpositionFormat
        let isCompressed: Bool
    }
    let form: Form
    let answer: CheckedContinuation<ExpositionText, Never>
}

extension Exporter {
    /// Has `observer` add to the figures whenever they are gathered, on the exporter's thread; it must not wait. From any thread.
    package nonisolated func observe(_ observer: @escaping FigureObservers.Observer) { observers.append(observer) }

    func collected(for reader: MetricReader) async -> MetricShard {
        let begin = monotonicNanoseconds()
        let total = await collected()
        own.record(
            .collectionDuration, Double(monotonicNanoseconds() - begin) / 1e9,
            Labels().adding("otel.component.type", reader.rawValue))
        return total
    }

    /// The figures of the process as text for Prometheus, made on the exporter's thread.
    ///
    /// Whoever asks while a text is being made gets the next one, made once for all of them: scrapes that are given up and asked again
    /// do not heap up work on a host without time for it.
    package func exposition(_ format: ExpositionFormat, isCompressed: Bool) async -> ExpositionText {
        await withCheckedContinuation { answer in
            scrapes.append(ScrapeTurn(form: .init(format: format, isCompressed: isCompressed), answer: answer))
            guard !isExposing else { return }
            isExposing = true
            Task(executorPreference: loop) { await self.expose() }
        }
    }

    private func expose() async {
        while !scrapes.isEmpty {
            let turns = scrapes
            scrapes = []
            let figures = await collected(for: .scrape)
            var texts: [ScrapeTurn.Form: ExpositionText] = [:]
            for turn in turns {
                let text = texts[turn.form] ?? text(of: figures, turn.form)
                texts[turn.form] = text
                turn.answer.resume(returning: text)
            }
        }
        isExposing = false
    }

    private func text(of figures: MetricShard, _ form: ScrapeTurn.Form) -> ExpositionText {
        let text = PrometheusText.write(figures, resource: settings.resource, as: form.format)
        if form.isCompressed, let smaller = gzip(text, level: 1) { return (smaller, true) }
        return (text, false)
    }
}
