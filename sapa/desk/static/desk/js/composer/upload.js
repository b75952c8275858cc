/* Sends one file with progress; resolves to the server's description of it, rejects with a sentence. */
/** @param {string} url @param {object} values
 *  @param {{progress?: (share: number) => void, signal?: AbortSignal, failed?: string}} how */
export function upload(url, values, { progress = () => {}, signal, failed }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    for (const [name, value] of Object.entries(values)) body.append(name, value);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status === 201) return resolve(request.response);
      reject(new Error(request.response?.sentence ?? failed));
    });
    for (const end of ["error", "timeout"]) request.addEventListener(end, () => reject(new Error(failed)));
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    signal?.addEventListener("abort", () => request.abort());
    request.open("POST", url);
    request.responseType = "json";
    request.timeout = 10 * 60 * 1000;
    request.setRequestHeader("Accept", "application/json");
    request.send(body);
  });
}
