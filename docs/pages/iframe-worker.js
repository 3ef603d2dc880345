// Pages opened from a folder may start no worker, so there the search runs in a hidden frame instead. As with a worker, a
// message arrives later and as a copy: the page and the search may change what they have.
if (location.protocol === "file:") {
  window.Worker = class {
    constructor(url) {
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      document.body.append(this.frame)
      const inside = this.frame.contentWindow
      inside.postMessage = (message) => {
        const data = structuredClone(message)
        setTimeout(() => this.onmessage?.(new MessageEvent("message", { data })))
      }
      this.ready = new Promise((resolve) => {
        const script = inside.document.createElement("script")
        script.src = url
        script.onload = () => resolve(inside)
        inside.document.body.append(script)
      })
    }

    postMessage(message) {
      const data = structuredClone(message)
      this.ready.then((inside) => setTimeout(() => inside.dispatchEvent(new MessageEvent("message", { data }))))
    }

    terminate() {
      this.frame.remove()
    }
  }
}
