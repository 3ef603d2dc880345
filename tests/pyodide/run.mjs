// Runs a Python program in Pyodide: node run.mjs PYODIDE PROGRAM [FOLDER=PLACE ...]; PROGRAM lies in one of the folders.
import { pathToFileURL } from "node:url";

const [, , pyodide, program, ...folders] = process.argv;
if (process.env.WITHOUT_JSPI) delete WebAssembly.Suspending;
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodide, env: { HOME: "/home/pyodide", ...JSON.parse(process.env.PROGRAM ?? "{}") } });
for (const pair of folders) {
  const [folder, place] = pair.split("=");
  python.FS.mkdirTree(place);
  python.mountNodeFS(place, folder);
}
python.globals.set("program", program);
const ended = python.runPythonAsync(`
import runpy, sys
sys.path[:0] = [place for place in ${JSON.stringify(folders.map((pair) => pair.split("=")[1]))}]
sys.dont_write_bytecode = True
names = runpy.run_path(program)
await names["main"]()
`);
// Without what Node would print beside the message: pages of Pyodide's own source.
await ended.then(() => process.exit(0), (error) => { console.log(error.message); process.exit(1); });
