// node answers.mjs FOLDER MODEL < prompts.json > answers.json: what llama.cpp makes of prompts, by the prebuilt program in
// FOLDER/node_modules/node-llama-cpp, on one thread. Of each prompt its ids, the greedy continuation, and for every id but
// the first what it cost (nats) and how far the most likely token led there.
import fs from "node:fs";
import {pathToFileURL} from "node:url";

const [folder, file] = process.argv.slice(2);
const {getLlama, LlamaLogLevel} = await import(pathToFileURL(`${folder}/node_modules/node-llama-cpp/dist/index.js`));
const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1});
const model = await llama.loadModel({modelPath: file, gpuLayers: 0});
const context = await model.createContext({contextSize: 256, threads: 1, sequences: 1});
const sequence = context.getSequence();
const LENGTH = 20;

function costAndLead(probabilities, token) {
    const [first, second] = probabilities.values();
    return {nll: -Math.log(probabilities.get(token)), lead: Math.log(first / second)};
}

const answers = [];
for (const prompt of JSON.parse(fs.readFileSync(0, "utf8"))) {
    await sequence.clearHistory();
    const ids = [model.tokens.bos, ...model.tokenize(prompt)];
    const places = [];
    const options = {generateNext: {token: true, probabilities: true, options: {temperature: 0}}};
    let results = await sequence.controlledEvaluate(ids.map((id) => [id, options]));
    for (let i = 1; i < ids.length; ++i) places.push(costAndLead(results[i - 1].next.probabilities, ids[i]));
    const continuation = [];
    while (continuation.length < LENGTH) {
        const {token, probabilities} = results.at(-1).next;
        places.push(costAndLead(probabilities, token));
        continuation.push(token);
        if (model.isEogToken(token) || continuation.length === LENGTH) break;
        results = await sequence.controlledEvaluate([[token, options]]);
    }
    answers.push({prompt, ids, continuation, places});
}
console.log(JSON.stringify(answers));
process.exit(0);
