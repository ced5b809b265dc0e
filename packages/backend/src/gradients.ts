/** tfjs registers no gradients in Node: its main file leaves them out. Importing this registers them all. */
import "@tensorflow/tfjs-core/dist/register_all_gradients";
